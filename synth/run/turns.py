"""Who waits for whom: fates are decided in index order, so a sample that is ready early waits for its turn."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from synth.store.attempts import Attempt


class Turns:
    """The samples that wait, and the first one whose fate is open."""

    def __init__(self, front: int, called: Callable[[int], None]) -> None:
        """`called` is told of each sample whose waiting ends."""
        self.front = front
        self._called = called
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self._same: dict[tuple[str, str], set[int]] = {}  # passed samples that wait, by what they may repeat

    async def wait(self, attempt: Attempt) -> None:
        """Returns when every earlier sample is settled, or when one is kept that a passed attempt is the same as.

        The repair of such a one need not wait for its turn, and others need not wait for its repair then.
        """
        turn = self._waiting[attempt.sample] = asyncio.get_running_loop().create_future()
        keys = _keys(attempt) if attempt.stage is None else ()
        for key in keys:
            self._same.setdefault(key, set()).add(attempt.sample)
        await turn
        for key in keys:
            self._same[key].discard(attempt.sample)
            if not self._same[key]:
                del self._same[key]

    def settled(self, attempt: Attempt, kept: bool) -> None:
        """The fate of the first open sample is decided."""
        self.front = attempt.sample + 1
        self._call(self.front)
        for key in _keys(attempt) if kept else ():
            for sample in tuple(self._same.get(key, ())):
                self._call(sample)

    def _call(self, sample: int) -> None:
        if turn := self._waiting.pop(sample, None):
            self._called(sample)
            turn.set_result(None)


def _keys(attempt: Attempt) -> tuple[tuple[str, str], ...]:
    """By what two attempts are told to be the same."""
    both = (("source", attempt.source_hash), ("signature", attempt.signature))
    return tuple((what, key) for what, key in both if key)
