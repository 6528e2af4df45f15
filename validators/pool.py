"""The product's side of the validators: one warm process, at most `num_worker` programs judged at a time.

Torch-free; nothing a program says is executed or unpickled here.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import tempfile
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from validators.verdict import Judgement, Pair, Program, Reason, Settings, Stage, Verdict, settings_to_json

MAX_EVENT_BYTES = 256 << 20
WARM_TIMEOUT = 600.0  # seconds; the warm-up takes 10 to 60 on common machines
MAX_RESTARTS = 5


class PoolError(Exception):
    """The warm process could not be started or kept alive; the message is one line for a person."""


@dataclass
class WorkerState:
    """What one worker is doing, for the monitor.  `since` is `time.monotonic()` of the last change."""

    index: int
    label: str = ""
    stage: str = ""
    since: float = 0.0


@dataclass
class _Job:
    program: Program
    worker: WorkerState
    result: asyncio.Future[Judgement]
    tries: int = 1


class Pool:
    """Judges programs.  An async context manager: entering starts and warms the process, leaving ends it."""

    def __init__(self, num_worker: int, settings: Settings) -> None:
        self.settings = settings
        self.workers = [WorkerState(index, since=time.monotonic()) for index in range(num_worker)]
        self.warming = False
        self.warm_seconds = 0.0
        self._idle = deque(self.workers)
        self._free = asyncio.Semaphore(num_worker)
        self._jobs: dict[int, _Job] = {}
        self._next = 0
        self._restarts = 0
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._scratch: Path | None = None
        self._failed: PoolError | None = None
        self._errors: deque[str] = deque(maxlen=20)

    async def __aenter__(self) -> Pool:
        self._scratch = Path(tempfile.mkdtemp(prefix="synth-"))
        try:
            await self._start()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._reader is not None:
            self._reader.cancel()
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)

    async def judge(self, program: Program) -> Judgement:
        """All verdicts on `program`, as soon as a worker is free.  Raises PoolError when the process is gone."""
        async with self._free:
            if self._failed is not None:
                raise self._failed
            worker = self._idle.popleft()
            number, self._next = self._next, self._next + 1
            job = _Job(program, worker, asyncio.get_running_loop().create_future())
            self._jobs[number] = job
            worker.label, worker.stage, worker.since = program.entry_point, "", time.monotonic()
            try:
                self._submit(number, job)
                return await job.result
            except asyncio.CancelledError:
                self._send({"cancel": number})
                raise
            finally:
                self._jobs.pop(number, None)
                worker.label, worker.stage, worker.since = "", "", time.monotonic()
                self._idle.append(worker)

    def _submit(self, number: int, job: _Job) -> None:
        program = job.program
        self._send(
            {
                "id": number,
                "source": program.source,
                "entry_point": program.entry_point,
                "pattern": list(program.pattern),
            }
        )

    def _send(self, message: dict[str, Any]) -> None:
        if self._process is not None and self._process.stdin is not None and not self._process.stdin.is_closing():
            self._process.stdin.write(json.dumps(message).encode() + b"\n")

    async def _start(self) -> None:
        self.warming = True
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "validators.template",
            json.dumps(settings_to_json(self.settings)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self._environment(),
            cwd=self._scratch,
            limit=MAX_EVENT_BYTES,
            start_new_session=True,  # a Ctrl-C in the terminal is ours to handle
        )
        assert self._process.stdout is not None
        errors = asyncio.create_task(self._keep_errors(self._process))
        try:
            line = await asyncio.wait_for(self._process.stdout.readline(), WARM_TIMEOUT)
        except TimeoutError:
            raise PoolError(f"the validator process was not ready after {WARM_TIMEOUT:.0f} s") from None
        if not line:
            await self._process.wait()
            await errors
            last = next((e for e in reversed(self._errors) if e.strip()), "no message")
            raise PoolError(f"the validator process did not start (exit {self._process.returncode}): {last}")
        self.warm_seconds = float(json.loads(line)["warm_seconds"])
        self.warming = False
        self._reader = asyncio.create_task(self._read(self._process, errors))

    def _environment(self) -> dict[str, str]:
        """An environment of our own: no keys to read, one thread (forking needs it), hashing that repeats itself."""
        assert self._scratch is not None
        root = Path(__file__).resolve().parent.parent
        keep = {key: os.environ[key] for key in ("PATH", "LD_LIBRARY_PATH", "LANG") if key in os.environ}
        return keep | {
            "PYTHONPATH": str(root),
            "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
            "HOME": str(self._scratch),
            "TMPDIR": str(self._scratch),
            "USER": "synth",
            "OMP_NUM_THREADS": "1",
            "MKL_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "TORCHINDUCTOR_COMPILE_THREADS": "1",
            "TORCHINDUCTOR_CACHE_DIR": str(self._scratch / "inductor"),
            "TRITON_CACHE_DIR": str(self._scratch / "triton"),
            # Code generation never touches a real device, so that the process stays safe to fork.
            "CUDA_VISIBLE_DEVICES": "",
            "PYTORCH_NVML_BASED_CUDA_CHECK": "1",
        }

    async def _keep_errors(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None
        while line := await process.stderr.readline():
            self._errors.append(line.decode(errors="replace").rstrip())

    async def _read(self, process: asyncio.subprocess.Process, errors: asyncio.Task[None]) -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            event = json.loads(line)
            job = self._jobs.get(event["id"])
            if job is None:
                continue
            if "stage" in event:
                job.worker.stage, job.worker.since = event["stage"], time.monotonic()
            elif not job.result.done():
                verdicts = tuple(Verdict.from_json(v) for v in event["verdicts"])
                pair = None if event["pair"] is None else Pair.from_json(event["pair"])
                job.result.set_result(Judgement(verdicts, pair))
        await process.wait()
        await errors
        await self._restart(process.returncode)

    async def _restart(self, returncode: int | None) -> None:
        """The warm process died under its programs: start another and judge again what it was judging."""
        self._restarts += 1
        try:
            if self._restarts > MAX_RESTARTS:
                last = next((e for e in reversed(self._errors) if e.strip()), "no message")
                raise PoolError(f"the validator process died {self._restarts} times (exit {returncode}): {last}")
            await self._start()
        except PoolError as error:
            self._failed = error
            for job in self._jobs.values():
                if not job.result.done():
                    job.result.set_exception(error)
            return
        for number, job in self._jobs.items():
            job.tries += 1
            if job.tries <= 2:
                self._submit(number, job)
            elif not job.result.done():
                stage = Stage(job.worker.stage) if job.worker.stage else self.settings.stages[0]
                verdict = Verdict(stage, False, Reason.CRASHED, "the validator process died with it, twice")
                job.result.set_result(Judgement((verdict,)))
