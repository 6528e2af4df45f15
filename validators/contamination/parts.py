"""Is one loose graph a part of another?  Torch-free.

The problem's graph is laid over the program's with its last operator on each of the program's: every operator must meet
the same one with the same constants and operands, and an input of the problem may meet anything.  Sums and products are
flat, so a part of one counts: at the problem's last operator, and where one of its terms is an input.

Operators carry a "~" in front where their operands have no order.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from typing import Any

Graph = Sequence[tuple[str, str, tuple[int, ...]]]

INPUT = -1
_FLAT = ("~add", "~mul")  # operators whose nests are one
_FRAMES = 8  # of Python that the search takes for each node on a path
MOST_STEPS = 200_000  # of the search; graphs that take more are large and repetitive, and told by their features


def hashed(loose: Sequence[Sequence[Any]]) -> Graph:
    """`aten.loose.flattened` with operators as eight hex digits, marks kept."""
    return tuple((_mark(op) + _hash(op), str(constants), tuple(map(int, of))) for op, constants, of in loose)


def _mark(op: str) -> str:
    return "=" if op in _FLAT else "~" if op.startswith("~") else ""


def _hash(op: str) -> str:
    return blake2b(op.encode(), digest_size=4).hexdigest()


def contains(whole: Graph, part: Graph) -> bool:
    """Whether `part`, a graph of one output, which is its last node, lies somewhere in `whole`."""
    search = _Search(whole, part)
    last = len(part) - 1
    with _room_to_recurse(_FRAMES * len(part)):
        return any(search.fits(last, at, True) for at in range(len(whole)) if whole[at][0] == part[last][0])


@contextmanager
def _room_to_recurse(frames: int) -> Iterator[None]:
    """The search goes as deep as the part is: networks of a hundred layers are deeper than Python's usual limit."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(before + frames)
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


class _Search:
    def __init__(self, whole: Graph, part: Graph) -> None:
        self._whole, self._part = whole, part
        self._known: dict[tuple[int, int, bool], bool] = {}
        self._steps = 0

    def fits(self, p: int, w: int, last: bool = False) -> bool:
        """Whether node `p` of the part may lie on node `w` of the whole."""
        if p == INPUT:
            return True
        if w == INPUT:
            return False
        key = (p, w, last)
        if key not in self._known:
            self._steps += 1
            self._known[key] = self._steps <= MOST_STEPS and self._compare(p, w, last)
        return self._known[key]

    def _compare(self, p: int, w: int, last: bool) -> bool:
        (op, own, of), (other, theirs, others) = self._part[p], self._whole[w]
        if op != other:
            return False
        inputs = sum(1 for operand in of if operand == INPUT)
        rest = [operand for operand in of if operand != INPUT]
        if op.startswith("=") and (last or inputs):
            more = not Counter(own) - Counter(theirs)
            return more and len(others) >= len(of) and self._assigned(rest, list(others))
        if own != theirs or len(of) != len(others):
            return False
        if op[0] in "=~":
            return self._assigned(rest, list(others))
        return all(self.fits(a, b) for a, b in zip(of, others, strict=True))

    def _assigned(self, rest: list[int], others: list[int]) -> bool:
        """Whether each of `rest` finds one of `others` of its own: a matching, by augmenting paths."""
        owner: dict[int, int] = {}

        def place(one: int, tried: set[int]) -> bool:
            for at, other in enumerate(others):
                if at in tried or not self.fits(rest[one], other):
                    continue
                tried.add(at)
                if at not in owner or place(owner[at], tried):
                    owner[at] = one
                    return True
            return False

        return all(place(one, set()) for one in range(len(rest)))
