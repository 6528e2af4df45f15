"""Random choices that cost little: a program makes about a hundred."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Draws(Random):
    """`Random` whose choices come from one float each: uneven by less than 2**-40 for the short menus drawn from here.

    `Random.choice` draws bits until they fall below the length, in Python code that takes three times as long.
    """

    def choice(self, seq: Sequence[T]) -> T:  # type: ignore[override]
        """One element.  Raises IndexError when there is none."""
        return seq[int(self.random() * len(seq))]

    def randint(self, a: int, b: int) -> int:
        """A whole number from `a` to `b`, both included."""
        return a + int(self.random() * (b - a + 1))

    def shuffle(self, x: list[T]) -> None:  # type: ignore[override]
        """Fisher and Yates's shuffle, in place."""
        for at in range(len(x) - 1, 0, -1):
            other = int(self.random() * (at + 1))
            x[at], x[other] = x[other], x[at]
