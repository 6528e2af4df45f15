"""Admits at most so many at a time, the lowest index first."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Gate:
    """A semaphore that lets the lowest index pass first.

    Fates are decided in index order, so the lowest waiting sample is the one that others wait for: a plain
    queue would send its retry to the end.
    """

    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._arrivals = 0

    @asynccontextmanager
    async def turn(self, index: int) -> AsyncIterator[None]:
        """Holds a place while the block runs."""
        if self._free:
            self._free -= 1
        else:
            ticket = asyncio.get_running_loop().create_future()
            self._arrivals += 1
            heapq.heappush(self._waiting, (index, self._arrivals, ticket))
            try:
                await ticket
            except asyncio.CancelledError:
                if ticket.done() and not ticket.cancelled():
                    self._pass_on()  # admitted and cancelled in the same moment
                raise
        try:
            yield
        finally:
            self._pass_on()

    def _pass_on(self) -> None:
        while self._waiting:
            _, _, ticket = heapq.heappop(self._waiting)
            if not ticket.done():
                ticket.set_result(None)
                return
        self._free += 1
