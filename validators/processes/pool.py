"""At most `num_worker` programs judged at a time, by warm processes that fork one child per program.

Torch-free: this is all of `validators` that the product process imports.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from validators.containment.layers import Containment, Layer, Tier
from validators.processes.server import PoolError, Server
from validators.verdict import Judgement, Pair, Program, Settings, Stage

__all__ = ["Pool", "PoolError", "WorkerState"]

PAIRED = {Stage.TRITON, Stage.COMPILED, Stage.NUMERICS}  # what has to do with pairs


@dataclass
class WorkerState:
    """What one worker is doing, for the monitor.  `since` is `time.monotonic()` of the last change."""

    index: int
    label: str = ""
    stage: str = ""
    since: float = 0.0


class Pool:
    """Judges programs.  An async context manager: entering starts and warms the processes, leaving ends them.

    The settings' stages say what is done.  Where NUMERICS is one of them, a second warm process (the prover) runs
    every pair in Triton's interpreter.  Where the machine has a CUDA device of the target's kind, a third one launches
    every pair on it (stage LAUNCH); `launching` says so, or why not.
    """

    def __init__(self, num_worker: int, settings: Settings, containment: Containment | None = None) -> None:
        self.settings = settings
        self._containment = containment or Containment()
        self.workers = [WorkerState(index, since=time.monotonic()) for index in range(num_worker)]
        self.warming = False
        self.launching = ""
        self._idle = deque(self.workers)
        self._free = asyncio.Semaphore(num_worker)
        judged_here = tuple(s for s in settings.stages if s not in (Stage.NUMERICS, Stage.LAUNCH))
        self._server = Server(replace(settings, stages=judged_here), self._containment)
        self._prover: Server | None = None
        if Stage.NUMERICS in settings.stages:
            self._prover = Server(replace(settings, stages=(Stage.NUMERICS,)), self._containment)
        self._launcher: Server | None = None

    @property
    def warm_seconds(self) -> float:
        """Wall seconds the warm-up took."""
        return self._server.warm_seconds

    @property
    def missing(self) -> dict[Layer, str]:
        """Why each layer of containment does not hold; empty where it does."""
        return self._server.missing

    @property
    def tier(self) -> Tier:
        """What the layers that hold add up to."""
        return self._server.tier

    async def __aenter__(self) -> Pool:
        self.warming = True
        try:
            await asyncio.gather(*(server.start() for server in (self._server, self._prover) if server is not None))
            await self._start_launcher()
        except BaseException:
            await self.__aexit__()
            raise
        self.warming = False
        return self

    async def _start_launcher(self) -> None:
        # nvidia-smi comes with the driver: without it there is no device to ask about.
        if not PAIRED & set(self.settings.stages) or shutil.which("nvidia-smi") is None:
            self.launching = "no: no CUDA device"
            return
        self._launcher = Server(replace(self.settings, stages=(Stage.LAUNCH,)), self._containment)
        await self._launcher.start()
        if self._launcher.unavailable:
            self.launching = f"no: {self._launcher.unavailable}"
            await self._launcher.stop()
            self._launcher = None
        else:
            self.launching = "yes"

    async def __aexit__(self, *_: object) -> None:
        for server in (self._server, self._prover, self._launcher):
            if server is not None:
                await server.stop()

    async def judge(self, program: Program) -> Judgement:
        """All verdicts on `program`, as soon as a worker is free.  Raises PoolError when the process is gone."""
        async with self._worker(program) as worker:
            judgement = await self._server.judge(program, _on_stage(worker))
            return await self._proved(program, judgement, worker)

    async def verify(self, program: Program, triton_code: str) -> Judgement:
        """The same of a pair that is there already, whoever made it; the settings' stages leave TRITON out.

        The pair comes back with the evidence found here, and nothing else that is known of it.
        """
        given = Pair(triton_code, "", (), self.settings.device_target)
        async with self._worker(program) as worker:
            judgement = await self._followed_by(self._server, program, Judgement((), given), worker, _compiled)
            return await self._proved(program, judgement, worker)

    @asynccontextmanager
    async def _worker(self, program: Program) -> AsyncIterator[WorkerState]:
        """A worker of one's own while the block runs."""
        async with self._free:
            worker = self._idle.popleft()
            worker.label, worker.stage, worker.since = program.entry_point, "", time.monotonic()
            try:
                yield worker
            finally:
                worker.label, worker.stage, worker.since = "", "", time.monotonic()
                self._idle.append(worker)

    async def _proved(self, program: Program, judgement: Judgement, worker: WorkerState) -> Judgement:
        judgement = await self._followed_by(self._prover, program, judgement, worker, _agreed)
        return await self._followed_by(self._launcher, program, judgement, worker, _launched)

    async def _followed_by(
        self,
        server: Server | None,
        program: Program,
        judgement: Judgement,
        worker: WorkerState,
        evidence: Callable[[Judgement], dict[str, Any]],
    ) -> Judgement:
        """`judgement`, and what `server` has to say of its pair; an accepted pair gets the evidence."""
        pair = judgement.pair
        if server is None or pair is None or not judgement.accepted:
            return judgement
        further = await server.judge(program, _on_stage(worker), pair.triton_code)
        verdicts = judgement.verdicts + further.verdicts
        if further.failure is not None:
            return Judgement(verdicts, None)
        return Judgement(verdicts, replace(pair, evidence=pair.evidence | evidence(further)))


def _compiled(judgement: Judgement) -> dict[str, Any]:
    return {} if judgement.pair is None else judgement.pair.evidence


def _agreed(judgement: Judgement) -> dict[str, Any]:
    # How long it took is no evidence, and would make the row different each time.
    return {"numerics": {key: value for key, value in judgement.verdicts[-1].metrics.items() if key != "slowest"}}


def _launched(judgement: Judgement) -> dict[str, Any]:
    return {"launched_on": judgement.verdicts[-1].metrics["device"]}


def _on_stage(worker: WorkerState) -> Callable[[Stage], None]:
    def started(stage: Stage) -> None:
        worker.stage, worker.since = stage.value, time.monotonic()

    return started
