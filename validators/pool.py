"""At most `num_worker` programs judged at a time, by warm processes that fork one child per program.

Torch-free: this is all of `validators` that the product process imports.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from validators.server import PoolError, Server
from validators.verdict import Judgement, Pair, Program, Settings, Stage

__all__ = ["Pool", "PoolError", "WorkerState"]


@dataclass
class WorkerState:
    """What one worker is doing, for the monitor.  `since` is `time.monotonic()` of the last change."""

    index: int
    label: str = ""
    stage: str = ""
    since: float = 0.0


class Pool:
    """Judges programs.  An async context manager: entering starts and warms the processes, leaving ends them.

    Where the machine has a CUDA device of the target's kind, every pair is also launched on it (stage LAUNCH), by a
    second warm process; `launching` says so, or why not.
    """

    def __init__(self, num_worker: int, settings: Settings) -> None:
        self.settings = settings
        self.workers = [WorkerState(index, since=time.monotonic()) for index in range(num_worker)]
        self.warming = False
        self.launching = ""
        self._idle = deque(self.workers)
        self._free = asyncio.Semaphore(num_worker)
        self._server = Server(settings)
        self._launcher: Server | None = None

    @property
    def warm_seconds(self) -> float:
        """Wall seconds the warm-up took."""
        return self._server.warm_seconds

    async def __aenter__(self) -> Pool:
        self.warming = True
        try:
            await self._server.start()
            await self._start_launcher()
        except BaseException:
            await self.__aexit__()
            raise
        self.warming = False
        return self

    async def _start_launcher(self) -> None:
        # nvidia-smi comes with the driver: without it there is no device to ask about.
        if Stage.TRITON not in self.settings.stages or shutil.which("nvidia-smi") is None:
            self.launching = "no: no CUDA device"
            return
        self._launcher = Server(replace(self.settings, stages=(Stage.LAUNCH,)))
        await self._launcher.start()
        if self._launcher.unavailable:
            self.launching = f"no: {self._launcher.unavailable}"
            await self._launcher.stop()
            self._launcher = None
        else:
            self.launching = "yes"

    async def __aexit__(self, *_: object) -> None:
        await self._server.stop()
        if self._launcher is not None:
            await self._launcher.stop()

    async def judge(self, program: Program) -> Judgement:
        """All verdicts on `program`, as soon as a worker is free.  Raises PoolError when the process is gone."""
        async with self._free:
            worker = self._idle.popleft()
            worker.label, worker.stage, worker.since = program.entry_point, "", time.monotonic()
            try:
                judgement = await self._server.judge(program, _on_stage(worker))
                return await self._launch(program, judgement, worker)
            finally:
                worker.label, worker.stage, worker.since = "", "", time.monotonic()
                self._idle.append(worker)

    async def _launch(self, program: Program, judgement: Judgement, worker: WorkerState) -> Judgement:
        pair = judgement.pair
        if self._launcher is None or pair is None or not judgement.accepted:
            return judgement
        launched = await self._launcher.judge(program, _on_stage(worker), pair.triton_code)
        verdicts = judgement.verdicts + launched.verdicts
        return Judgement(verdicts, _launched_on(pair, launched) if launched.failure is None else None)


def _launched_on(pair: Pair, launched: Judgement) -> Pair:
    device = launched.verdicts[-1].metrics["device"]
    return replace(pair, evidence=pair.evidence | {"launched_on": device})


def _on_stage(worker: WorkerState) -> Callable[[Stage], None]:
    def started(stage: Stage) -> None:
        worker.stage, worker.since = stage.value, time.monotonic()

    return started
