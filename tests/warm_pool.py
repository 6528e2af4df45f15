"""A pool in a thread of its own, so that tests which are not asynchronous can share one."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any

from validators.containment.layers import Containment, Tier
from validators.processes.pool import Pool
from validators.verdict import Judgement, Program, Settings


class WarmPool:
    """A pool that is entered here and left by `close`."""

    def __init__(self, workers: int, settings: Settings, containment: Containment | None = None) -> None:
        self.pool = Pool(workers, settings, containment)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.call(self.pool.__aenter__()).result()

    @property
    def tier(self) -> Tier:
        """What its layers add up to."""
        return self.pool.tier

    def call(self, coroutine: Coroutine[Any, Any, Any]) -> Future[Any]:
        """Run a coroutine where the pool lives."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def judge(self, *programs: Program) -> list[Judgement]:
        """Judge programs, as many at a time as there are workers."""

        async def all_of() -> list[Judgement]:
            return list(await asyncio.gather(*map(self.pool.judge, programs)))

        return self.call(all_of()).result()

    def close(self) -> None:
        """End the pool and its thread."""
        self.call(self.pool.__aexit__()).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
