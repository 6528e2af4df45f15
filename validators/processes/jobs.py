"""One program being judged: its processes, what the judge reports of it, and why one of them ended.

The judge's process (`judge`) reports to the warm process, one JSON object a line:

    {"start": "program"}                      it needs the process that executes the program, or "text"
    {"stage": "eager"}
    {"verdict": {...}, "pair": {...} | null}
    {"lost": "text", "early": false}          that process has ended; the warm process knows how
    {"done": true}
"""

from __future__ import annotations

import json
import os
import resource
import signal
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from validators.containment.enter import May
from validators.judge import judge
from validators.processes.forks import FIRST_FREE, Forks, Process
from validators.verdict import Pair, Program, Reason, Settings, Stage, Verdict

MAX_RESULT_BYTES = 64 << 20
PROGRAM, TEXT = "program", "text"
ROLES = (PROGRAM, TEXT)


@dataclass(frozen=True)
class Task:
    """What is asked for."""

    number: int
    program: Program
    triton_code: str


class Pipes:
    """Both directions between the judge and one side: what each reads and what it writes.  Raises OSError."""

    def __init__(self) -> None:
        questions = os.pipe()
        try:
            answers = os.pipe()
        except OSError:
            close(questions)
            raise
        self.of_judge = [answers[0], questions[1]]
        self.of_side = [questions[0], answers[1]]


def close(descriptors: Iterable[int]) -> None:
    """In this process."""
    for fd in descriptors:
        os.close(fd)


@dataclass
class Job:
    """One program being judged."""

    task: Task
    judge: Process
    pipe: int  # the judge's reports
    deadline: float
    stages: tuple[Stage, ...]
    pipes: dict[str, Pipes]
    sides: dict[str, Process] = field(default_factory=dict)
    stage: Stage | None = None
    buffer: bytearray = field(default_factory=bytearray)
    received: int = 0
    verdicts: list[Verdict] = field(default_factory=list)
    pair: dict[str, Any] | None = None
    done: bool = False
    violated: str = ""
    lost: str = ""  # the side that ended too soon
    killed: Reason | None = None
    killed_detail: str = ""
    delayed: str = ""  # why it could not be judged for now
    full: bool = False  # other programs have the machine's memory

    @property
    def processes(self) -> list[Process]:
        """All there are."""
        return [self.judge, *self.sides.values()]

    def stop(self, reason: Reason, detail: str = "") -> None:
        """End it, with a reason to turn the program down."""
        if self.killed is None:
            self.killed, self.killed_detail = reason, detail
        self.kill()

    def put_off(self) -> None:
        """End it, to be judged when there is more memory: what others use must not decide its fate."""
        self.full = True
        self.kill()

    def kill(self) -> None:
        """End it."""
        for process in self.processes:
            process.kill()

    def start_side(self, role: str, forks: Forks, settings: Settings) -> None:
        """Fork the process of that role.  Raises OSError, ValueError for a role that there is not, or no more."""
        pipes = self.pipes.pop(role, None)
        if pipes is None:
            raise ValueError("a process of no known role")
        task = self.task
        try:
            may = May(fork=True, cuda=Stage.LAUNCH in settings.stages) if role == TEXT else May()  # Triton's tools
            self.sides[role] = forks.fork(pipes.of_side, lambda: _serve(role, task, settings), may)
        finally:
            close(pipes.of_side)

    def take(self, frame: dict[str, Any]) -> None:
        """One report of the judge, other than `start`.  Raises ValueError, KeyError, TypeError for none."""
        if self.done or self.lost:
            raise ValueError("a frame after the last one")
        if "stage" in frame:
            stage = Stage(frame["stage"])
            if self.stages.index(stage) != len(self.verdicts):
                raise ValueError("a stage out of order")
            self.stage = stage
        elif "verdict" in frame:
            verdict = Verdict.from_json(frame["verdict"])
            if verdict.stage is not self.stage or (self.verdicts and not self.verdicts[-1].ok):
                raise ValueError("a verdict out of order")
            self.verdicts.append(verdict)
            if frame["pair"] is not None:
                self.pair = Pair.from_json(frame["pair"]).to_json()
        elif "lost" in frame:
            self.lost = ROLES[ROLES.index(frame["lost"])]
            if frame["early"]:
                self.delayed = f"the {self.lost} process ended before it began"
        elif frame.get("done") is True:
            self.done = True
        else:
            raise ValueError("an unknown frame")

    def result(self, settings: Settings) -> dict[str, Any]:
        """End and remove its processes; the event for the product process."""
        ended = {"": self.judge.remove()} | {role: side.remove() for role, side in self.sides.items()}
        for pipes in self.pipes.values():
            close(pipes.of_side)
        if self.full and self.killed is None and not self.done:
            return {"id": self.task.number, "delayed": "", "full": True}
        if self.delayed and self.killed is None:
            return {"id": self.task.number, "delayed": self.delayed}
        status, usage = ended.get(self.lost, ended[""])
        reason, detail = self._post_mortem(status, settings, usage)
        if reason is not None:
            stage = self.stage or settings.stages[0]
            spent = sum(u.ru_utime + u.ru_stime for _, u in ended.values()) - sum(v.cpu_seconds for v in self.verdicts)
            kept = [v for v in self.verdicts if v.stage is not stage and v.ok]
            self.verdicts = [*kept, Verdict(stage, False, reason, detail, cpu_seconds=round(max(spent, 0.0), 4))]
            self.pair = None
        return {"id": self.task.number, "verdicts": [v.to_json() for v in self.verdicts], "pair": self.pair}

    def _post_mortem(self, status: int, settings: Settings, usage: resource.struct_rusage) -> tuple[Reason | None, str]:
        """Why a job without a complete report ended."""
        if self.killed is not None:
            return self.killed, self.killed_detail
        if self.violated:
            return Reason.PROTOCOL_VIOLATION, self.violated
        if self.done:
            return None, ""
        if os.WIFSIGNALED(status):
            number = os.WTERMSIG(status)
            if number == signal.SIGXCPU:
                return Reason.TIMEOUT, "CPU time"
            name = signal.Signals(number).name if number in signal.valid_signals() else str(number)
            if number == signal.SIGKILL and usage.ru_utime + usage.ru_stime > settings.validation_timeout:
                return Reason.TIMEOUT, "CPU time"
            # The kernel's out-of-memory killer is the only one besides us to send this.
            return (Reason.OUT_OF_MEMORY if number == signal.SIGKILL else Reason.CRASHED), name
        return Reason.EXITED, f"exit code {os.WEXITSTATUS(status)}"


def report(frame: dict[str, Any]) -> None:
    """In the judge's process: one line to the warm process."""
    view = memoryview(json.dumps(frame).encode() + b"\n")
    while view:
        view = view[os.write(FIRST_FREE, view) :]


def run_judge(task: Task, settings: Settings) -> None:
    """What the judge's process does; its descriptors are the report pipe and two for each role."""
    from validators.processes.remote import LostError, Remote

    def remote(role: str) -> Remote:
        reader = FIRST_FREE + 1 + 2 * ROLES.index(role)
        return Remote(role, lambda: report({"start": role}), reader, reader + 1, settings.max_tensor_bytes)

    sides = {role: remote(role) for role in ROLES}

    def starting(stage: Stage) -> None:
        report({"stage": stage})

    def finished(verdict: Verdict, pair: Pair | None) -> None:
        report({"verdict": verdict.to_json(), "pair": None if pair is None else pair.to_json()})

    try:
        judge(task.program, settings, sides[PROGRAM], sides[TEXT], starting, finished, task.triton_code)
    except LostError as lost:
        report({"lost": lost.role, "early": lost.early})
    else:
        report({"done": True})


def _serve(role: str, task: Task, settings: Settings) -> None:
    """What the process of a role does; its descriptors are what it reads and what it writes."""
    from validators.processes.program_side import ProgramSide, TextSide, serve

    make: Callable[[], Any]
    if role == PROGRAM:
        make = lambda: ProgramSide(task.program, settings, task.triton_code)  # noqa: E731
    else:
        make = lambda: TextSide(task.program.entry_point, settings, task.triton_code)  # noqa: E731
    serve(make, FIRST_FREE, FIRST_FREE + 1, settings.max_tensor_bytes)
