"""The product's side of one warm process (`template.py`): start it, send it jobs, restart it when it dies.

Torch-free; nothing a program says is executed or unpickled here.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import shutil
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from validators.verdict import Judgement, Pair, Program, Reason, Settings, Stage, Verdict, settings_to_json

MAX_EVENT_BYTES = 256 << 20
WARM_TIMEOUT = 600.0  # seconds; the warm-up takes 10 to 60 on common machines
MAX_RESTARTS = 5
YOUNG_SECONDS = 60.0
MAX_TRIES = 2  # of a program whose process took the warm one down with it


class PoolError(Exception):
    """The warm process could not be started or kept alive; the message is one line for a person."""


def _scratch_directory() -> tuple[Path, int]:
    """A directory of our own and the open descriptor that holds its lock.

    A process that was killed leaves its directory behind with the lock gone; those are removed here.
    """
    for left in Path(tempfile.gettempdir()).glob("synth-*"):
        with contextlib.suppress(OSError):  # another user's, or taken by a start beside ours
            if time.time() - left.stat().st_mtime < YOUNG_SECONDS:
                continue  # its owner may be about to lock it
            held = os.open(left, os.O_RDONLY | os.O_DIRECTORY)
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(left, ignore_errors=True)
            finally:
                os.close(held)
    made = Path(tempfile.mkdtemp(prefix="synth-"))
    lock = os.open(made, os.O_RDONLY | os.O_DIRECTORY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    return made, lock


@dataclass
class _Job:
    program: Program
    triton_code: str
    on_stage: Callable[[Stage], None]
    result: asyncio.Future[Judgement]
    stage: Stage
    tries: int = 1


class Server:
    """One warm process.  `start`, then `judge` as often as wanted, then `stop`."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.warm_seconds = 0.0
        self.unavailable = ""  # why the process refused to serve, if it did
        self._jobs: dict[int, _Job] = {}
        self._next = 0
        self._restarts = 0
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._failed: PoolError | None = None
        self._errors: deque[str] = deque(maxlen=20)
        self._scratch, self._lock = _scratch_directory()

    async def start(self) -> None:
        """Start and warm the process.  Raises PoolError."""
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
            start_new_session=True,  # a Ctrl-C in the terminal is the product's to handle
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
            raise PoolError(f"the validator process did not start (exit {self._process.returncode}): {self._last()}")
        event = json.loads(line)
        self.unavailable = event.get("unavailable", "")
        self.warm_seconds = event.get("warm_seconds", 0.0)
        self._reader = asyncio.create_task(self._read(self._process, errors))

    async def stop(self) -> None:
        """End the process and everything it forked; remove its scratch files."""
        if self._reader is not None:
            self._reader.cancel()
        if self._process is not None and self._process.returncode is None:
            self._process.kill()  # its children ask the kernel to die with it
            await self._process.wait()
        shutil.rmtree(self._scratch, ignore_errors=True)
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    async def judge(self, program: Program, on_stage: Callable[[Stage], None], triton_code: str = "") -> Judgement:
        """All verdicts on `program`; `on_stage` hears of each stage as it starts.  Raises PoolError."""
        if self._failed is not None:
            raise self._failed
        number, self._next = self._next, self._next + 1
        result = asyncio.get_running_loop().create_future()
        job = _Job(program, triton_code, on_stage, result, self.settings.stages[0])
        self._jobs[number] = job
        try:
            self._submit(number, job)
            return await result
        except asyncio.CancelledError:
            self._send({"cancel": number})
            raise
        finally:
            self._jobs.pop(number, None)

    def _submit(self, number: int, job: _Job) -> None:
        program = job.program
        self._send(
            {
                "id": number,
                "source": program.source,
                "entry_point": program.entry_point,
                "pattern": list(program.pattern),
                "triton_code": job.triton_code,
            }
        )

    def _send(self, message: dict[str, Any]) -> None:
        if self._process is not None and self._process.stdin is not None and not self._process.stdin.is_closing():
            self._process.stdin.write(json.dumps(message).encode() + b"\n")

    def _environment(self) -> dict[str, str]:
        """An environment of our own: no keys to read, one thread (forking needs it), hashing that repeats itself."""
        names = ["PATH", "LD_LIBRARY_PATH", "LANG"]
        launching = Stage.LAUNCH in self.settings.stages
        keep = {key: os.environ[key] for key in names + ["CUDA_VISIBLE_DEVICES"] * launching if key in os.environ}
        # Code generation never touches a real device, so that the process stays safe to fork.
        hidden = {} if launching else {"CUDA_VISIBLE_DEVICES": ""}
        return {
            **keep,
            **hidden,
            "PYTORCH_NVML_BASED_CUDA_CHECK": "1",
            "PYTHONPATH": str(Path(__file__).resolve().parent.parent),
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
        }

    async def _keep_errors(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None
        while line := await process.stderr.readline():
            self._errors.append(line.decode(errors="replace").rstrip())

    def _last(self) -> str:
        return next((line for line in reversed(self._errors) if line.strip()), "no message")

    async def _read(self, process: asyncio.subprocess.Process, errors: asyncio.Task[None]) -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            event = json.loads(line)
            job = self._jobs.get(event["id"])
            if job is None:
                continue
            if "stage" in event:
                job.stage = Stage(event["stage"])
                job.on_stage(job.stage)
            elif not job.result.done():
                verdicts = tuple(Verdict.from_json(v) for v in event["verdicts"])
                pair = None if event["pair"] is None else Pair.from_json(event["pair"])
                job.result.set_result(Judgement(verdicts, pair))
        await process.wait()
        await errors
        if not self.unavailable:
            await self._restart(process.returncode)

    async def _restart(self, returncode: int | None) -> None:
        """The warm process died under its programs: start another and judge again what it was judging."""
        self._restarts += 1
        try:
            if self._restarts > MAX_RESTARTS:
                times = f"{self._restarts} times (exit {returncode})"
                raise PoolError(f"the validator process died {times}: {self._last()}")
            await self._start_again()
        except (PoolError, OSError, ValueError) as cause:
            error = cause if isinstance(cause, PoolError) else PoolError(f"no new validator process: {cause}")
            self._failed = error
            for job in self._jobs.values():
                if not job.result.done():
                    job.result.set_exception(error)

    async def _start_again(self) -> None:
        await self.start()
        for number, job in list(self._jobs.items()):
            job.tries += 1
            if job.tries <= MAX_TRIES:
                self._submit(number, job)
            elif not job.result.done():
                detail = f"the validator process died with it, {MAX_TRIES} times"
                job.result.set_result(Judgement((Verdict(job.stage, False, Reason.CRASHED, detail),)))
