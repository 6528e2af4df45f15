"""The product's side of one warm process (`template.py`): start it, send it jobs, restart it when it dies.

Torch-free; nothing a program says is executed or unpickled here.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from validators.containment.layers import Containment, Layer, Tier, tier
from validators.processes.scratch import Scratch
from validators.processes.starting import start
from validators.verdict import Judgement, Pair, Program, Reason, Settings, Stage, Verdict

MAX_EVENT_BYTES = 256 << 20
WARM_TIMEOUT = 600.0  # seconds; the warm-up takes 10 to 60 on common machines
STOP_SECONDS = 2.0  # for the warm process to end what programs started
MAX_RESTARTS = 5  # without a single judgement in between
MAX_DEATHS = 2  # of the warm process while it judged one program alone
MAX_DELAYS = 10  # of a program that could not be started
DELAY_SECONDS = 1.0


class PoolError(Exception):
    """The warm process could not be started or kept alive; the message is one line for a person."""


@dataclass
class _Job:
    program: Program
    triton_code: str
    on_stage: Callable[[Stage], None]
    result: asyncio.Future[Judgement]
    stage: Stage
    deaths: int = 0
    delays: int = 0


class Server:
    """One warm process.  `start`, then `judge` as often as wanted, then `stop`."""

    def __init__(self, settings: Settings, containment: Containment | None = None) -> None:
        self.settings = settings
        self.containment = containment or Containment()
        self.missing: dict[Layer, str] = {}  # why each layer does not hold; empty where it does
        self.warm_seconds = 0.0
        self.unavailable = ""  # why the process refused to serve, if it did
        self._jobs: dict[int, _Job] = {}
        self._next = 0
        self._restarts = 0
        self._ready = False
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._failed: PoolError | None = None
        self._errors: deque[str] = deque(maxlen=20)
        self._scratch = Scratch()
        # After the process died: who of the programs it was judging killed it?  Until that is known they, and those
        # that come after, are judged one at a time.
        self._careful = False
        self._waiting: deque[int] = deque()
        self._alone: int | None = None

    async def start(self) -> None:
        """Start and warm the process.  Raises PoolError."""
        self._scratch.path.mkdir(exist_ok=True)  # a cleaner of temporary files may have taken it
        how = await asyncio.to_thread(start, self.settings, self.containment, self._scratch.path)
        self._process = await asyncio.create_subprocess_exec(
            *how.arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=how.environment,
            cwd=how.directory,
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
        if not self.unavailable:
            self._accept({Layer(name): cause for name, cause in event["missing"].items()})
        self._reader = asyncio.create_task(self._read(self._process, errors))
        self._ready = True

    @property
    def tier(self) -> Tier:
        """What the layers that hold add up to."""
        return tier(self.missing)

    def _accept(self, missing: dict[Layer, str]) -> None:
        """Take the self-test's word on what holds.  Raises PoolError where that is too little."""
        self.missing = missing
        allowed = self.containment.allow_unsafe or self.settings.allow_unsafe
        if self.tier is Tier.GUARDED and not allowed:
            causes = "; ".join(f"{layer}: {cause}" for layer, cause in missing.items() if cause)
            raise PoolError(
                f"programs cannot be contained on this machine ({causes}); .doctor says what to do about it,"
                " allow_unsafe=true runs them as they are"
            )

    async def stop(self) -> None:
        """End the process and everything it forked; remove its scratch files."""
        if self._reader is not None:
            self._reader.cancel()
        if self._process is not None and self._process.returncode is None:
            assert self._process.stdin is not None
            self._process.stdin.close()  # it ends its children, and what they started, and leaves
            try:
                await asyncio.wait_for(self._process.wait(), STOP_SECONDS)
            except TimeoutError:
                self._process.kill()  # warming up, so there are no children yet
                await self._process.wait()
        self._scratch.remove()

    async def judge(self, program: Program, on_stage: Callable[[Stage], None], triton_code: str = "") -> Judgement:
        """All verdicts on `program`; `on_stage` hears of each stage as it starts.  Raises PoolError."""
        if self._failed is not None:
            raise self._failed
        number, self._next = self._next, self._next + 1
        result = asyncio.get_running_loop().create_future()
        job = _Job(program, triton_code, on_stage, result, self.settings.stages[0])
        self._jobs[number] = job
        try:
            if self._careful:
                self._waiting.append(number)
                self._judge_next_alone()
            else:
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

    async def _keep_errors(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None
        while line := await process.stderr.readline():
            self._errors.append(line.decode(errors="replace").rstrip())

    def _last(self) -> str:
        return next((line for line in reversed(self._errors) if line.strip()), "no message")

    async def _read(self, process: asyncio.subprocess.Process, errors: asyncio.Task[None]) -> None:
        """Take what the process says until it ends, then see to its successor."""
        try:
            assert process.stdout is not None
            while line := await process.stdout.readline():
                self._take(json.loads(line))
            await process.wait()
            await errors
            if not self.unavailable:
                await self._restart(process.returncode)
        except Exception as error:  # nobody else would hear of it, and the run would wait for ever
            self._fail(PoolError(f"the validator process cannot be followed: {type(error).__name__}: {error}"))

    def _take(self, event: dict[str, Any]) -> None:
        number = event["id"]
        job = self._jobs.get(number)
        if "stage" in event:
            if job is not None:
                job.stage = Stage(event["stage"])
                job.on_stage(job.stage)
            return
        if "delayed" in event:
            self._delay(number, event["delayed"], counts=not event.get("full", False))
            return
        self._restarts = 0
        if job is not None and not job.result.done():
            verdicts = tuple(replace(Verdict.from_json(v), tier=self.tier.value) for v in event["verdicts"])
            pair = None if event["pair"] is None else Pair.from_json(event["pair"])
            job.result.set_result(Judgement(verdicts, pair))
        if number == self._alone:
            self._alone = None
            self._judge_next_alone()

    def _delay(self, number: int, cause: str, counts: bool) -> None:
        """The machine could not start the program (no space, no process): that is none of the program's doing.

        Where others have the memory it `counts` for nothing: their turn ends.
        """
        job = self._jobs.get(number)
        if job is None:
            if number == self._alone:
                self._alone = None
                self._judge_next_alone()
            return
        job.delays += counts
        if job.delays > MAX_DELAYS:
            self._fail(PoolError(f"no process for a program could be started: {cause}"))
        else:
            asyncio.get_running_loop().call_later(DELAY_SECONDS, self._submit_again, number, self._process)

    def _submit_again(self, number: int, process: asyncio.subprocess.Process | None) -> None:
        if number in self._jobs and self._process is process:  # or a restart has seen to it
            self._submit(number, self._jobs[number])

    def _judge_next_alone(self) -> None:
        while self._ready and self._alone is None and self._waiting:
            number = self._waiting.popleft()
            if number in self._jobs:  # or it was cancelled
                self._alone = number
                self._submit(number, self._jobs[number])
        self._careful = self._alone is not None or bool(self._waiting)

    async def _restart(self, returncode: int | None) -> None:
        """The warm process died under its programs: start another and judge again what it was judging."""
        self._ready = False
        self._restarts += 1
        if self._restarts > MAX_RESTARTS:
            times = f"{self._restarts} times (exit {returncode})"
            self._fail(PoolError(f"the validator process died {times}: {self._last()}"))
            return
        self._sort_out()
        try:
            await self.start()
        except (PoolError, OSError, ValueError) as cause:
            self._fail(cause if isinstance(cause, PoolError) else PoolError(f"no new validator process: {cause}"))
            return
        self._judge_next_alone()

    def _sort_out(self) -> None:
        """Blame the program that was judged alone; suspect all of them where there were several."""
        if not self._careful:
            self._careful = True
            self._waiting.extend(self._jobs)
            return
        job = self._jobs.get(self._alone) if self._alone is not None else None
        if job is not None and self._alone is not None:
            job.deaths += 1
            if job.deaths < MAX_DEATHS:
                self._waiting.appendleft(self._alone)
            elif not job.result.done():
                detail = f"the validator process died with it, {MAX_DEATHS} times"
                job.result.set_result(Judgement((Verdict(job.stage, False, Reason.CRASHED, detail),)))
        self._alone = None

    def _fail(self, error: PoolError) -> None:
        self._failed = error
        for job in self._jobs.values():
            if not job.result.done():
                job.result.set_exception(error)
