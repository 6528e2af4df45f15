"""The warm process: torch imported and Inductor exercised once, then one fork per program.

Run by `pool.py` as `python -m validators.template SETTINGS_JSON`.  Jobs come in on stdin and events go out on stdout,
one JSON object a line:

    in   {"id": 7, "source": ..., "entry_point": ..., "pattern": [...], "triton_code": ...}      {"cancel": 7}
    out  {"ready": true, "warm_seconds": 9.1}                                {"unavailable": "no CUDA device"}
         {"id": 7, "stage": "shapes"}
         {"id": 7, "verdicts": [...], "pair": {...} | null}
         {"id": 7, "delayed": "No space left on device"}

This process never runs a program's code.  It stays single-threaded, because a fork copies one thread only and a lock
held by another would stay held for ever in the child.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import resource
import selectors
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from validators import launch, limits
from validators.judge import judge
from validators.verdict import Pair, Program, Reason, Settings, Stage, Verdict, settings_from_json

MAX_RESULT_BYTES = 64 << 20
POLL_SECONDS = 0.1  # how late a child that ends without closing its pipe is noticed
# A busy machine must not decide a program's fate, so its limit is CPU time; wall time ends what waits.
WALL_FACTOR = 3.0


@dataclass
class Child:
    """One program being judged."""

    job: int
    pid: int
    pipe: int
    scratch: Path
    deadline: float
    stages: tuple[Stage, ...]
    stage: Stage | None = None
    buffer: bytearray = field(default_factory=bytearray)
    received: int = 0
    verdicts: list[Verdict] = field(default_factory=list)
    pair: dict[str, Any] | None = None
    done: bool = False
    violated: str = ""
    killed: Reason | None = None


def main(settings: Settings) -> None:
    """Warm up, say so, then serve jobs until stdin closes."""
    started = time.monotonic()
    try:
        _warm(settings)
    except launch.UnavailableError as error:
        emit({"unavailable": str(error)})
        return
    except Exception as error:
        sys.exit(f"warming up failed: {' '.join(f'{type(error).__name__}: {error}'.split())[:500]}")
    emit({"ready": True, "warm_seconds": round(time.monotonic() - started, 2)})
    children: dict[int, Child] = {}
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the product process has died
    limits.adopt_orphans()
    try:
        _serve(settings, children)
    finally:
        for child in children.values():
            _kill(child)
        _end_orphans({})


def _serve(settings: Settings, children: dict[int, Child]) -> None:
    os.set_blocking(0, False)
    selector = selectors.DefaultSelector()
    selector.register(0, selectors.EVENT_READ)
    incoming = bytearray()
    open_for_jobs = True
    while open_for_jobs:
        for key, _ in selector.select(POLL_SECONDS if children else None):
            if key.fd == 0:
                data = os.read(0, 1 << 20)
                open_for_jobs = bool(data)
                incoming += data
                for line in _lines(incoming):
                    _handle(json.loads(line), settings, children, selector)
            else:
                _read(key.data, selector)
        now = time.monotonic()
        for child in list(children.values()):
            if child.killed is None and now > child.deadline:
                child.killed = Reason.TIMEOUT
                _kill(child)
            if _ended(child):
                _read(child, selector)
                _finish(child, settings, selector)
                del children[child.job]
                _end_orphans(children)


def _end_orphans(children: dict[int, Child]) -> None:
    """Kill what programs have left behind outside of their process groups, and the children of that in turn."""
    known = {child.pid for child in children.values()}
    while orphans := limits.children_of_this_process() - known:
        for orphan in orphans:
            with contextlib.suppress(ProcessLookupError):
                os.kill(orphan, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(orphan, 0)


def _warm(settings: Settings) -> None:
    from validators import eager, shapes  # noqa: F401 - imported so that no child has to

    if Stage.LAUNCH in settings.stages:
        launch.prepare(settings.device_target)  # imports only: a process that has used CUDA can't be forked
    elif Stage.NUMERICS in settings.stages:
        from validators import numerics

        numerics.prepare(settings.device_target)
    elif Stage.TRITON in settings.stages:
        from validators import offline_cuda, warmup

        offline_cuda.install(settings.device_target)
        warmup.run(settings)
    elif Stage.COMPILED in settings.stages:
        from validators import cubin, offline_cuda  # noqa: F401 - cubin, as above

        offline_cuda.install(settings.device_target)
    gc.collect()
    gc.freeze()  # the collector need not touch, and so unshare, what all children have in common
    _check_one_thread()


def _check_one_thread() -> None:
    threads = sum(1 for _ in Path("/proc/self/task").iterdir())
    if threads != 1:
        raise RuntimeError(f"the warm process has {threads} threads; forking it would not be safe")


def _lines(buffer: bytearray) -> list[bytes]:
    *lines, rest = bytes(buffer).split(b"\n")
    buffer[:] = rest
    return lines


def emit(event: dict[str, Any]) -> None:
    """One event to the product process."""
    data = json.dumps(event).encode() + b"\n"
    view = memoryview(data)
    while view:
        view = view[os.write(1, view) :]


def _handle(job: dict[str, Any], settings: Settings, children: dict[int, Child], selector: Any) -> None:
    if "cancel" in job:
        if job["cancel"] in children:
            _kill(children[job["cancel"]])
        return
    _check_one_thread()
    program = Program(job["source"], job["entry_point"], tuple(job["pattern"]))
    parent = os.getpid()
    with contextlib.ExitStack() as undo:
        try:
            # Nowhere else: what lies in our own directory is removed with it.
            scratch = Path(tempfile.mkdtemp(prefix="program-", dir=os.environ["TMPDIR"]))
            undo.callback(scratch.rmdir)
            reader, writer = os.pipe()
            undo.callback(os.close, reader)
            undo.callback(os.close, writer)
            pid = os.fork()
        except OSError as error:  # nothing of the program's doing
            emit({"id": job["id"], "delayed": str(error)})
            return
        undo.pop_all()
    if pid == 0:
        _run_child(program, job.get("triton_code", ""), settings, writer, scratch, parent)
    os.close(writer)
    os.set_blocking(reader, False)
    deadline = time.monotonic() + WALL_FACTOR * settings.validation_timeout
    child = Child(job["id"], pid, reader, scratch, deadline, settings.stages)
    children[child.job] = child
    selector.register(reader, selectors.EVENT_READ, child)


def _run_child(program: Program, triton_code: str, settings: Settings, writer: int, scratch: Path, parent: int) -> None:
    """In the forked process: judge, report, leave.  Never returns."""
    status = 1
    try:
        os.setsid()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        limits.die_with_parent(parent)
        null = os.open(os.devnull, os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(null, fd)
        os.dup2(writer, 3)
        os.closerange(4, limits.MAX_OPEN_FILES)
        os.chdir(scratch)
        os.environ.update(
            TMPDIR=str(scratch),
            HOME=str(scratch),
            TORCHINDUCTOR_CACHE_DIR=str(scratch / "inductor"),
            TRITON_CACHE_DIR=str(scratch / "triton"),
        )
        tempfile.tempdir = str(scratch)
        limits.apply(settings)
        gc.disable()  # the process ends before garbage could matter; 15 % of a compilation's time
        current: list[Stage] = []

        def starting(stage: Stage) -> None:
            current[:] = [stage]
            _send({"stage": stage})

        def finished(verdict: Verdict, pair: Pair | None) -> None:
            _send({"verdict": verdict.to_json(), "pair": None if pair is None else pair.to_json()})

        try:
            judge(program, settings, starting, finished, triton_code)
        except BaseException as error:  # SystemExit and its like: the program asked to end the process
            stage = current[0] if current else settings.stages[0]
            finished(Verdict(stage, False, Reason.EXITED, type(error).__name__), None)
        _send({"done": True})
        status = 0
    finally:
        os._exit(status)


def _send(frame: dict[str, Any]) -> None:
    view = memoryview(json.dumps(frame).encode() + b"\n")
    while view:
        view = view[os.write(3, view) :]


def _read(child: Child, selector: Any) -> None:
    """Take what the child has written so far; anything that is no frame ends it."""
    while child.pipe >= 0:
        try:
            data = os.read(child.pipe, 1 << 20)
        except BlockingIOError:
            return
        child.received += len(data)
        if not data or child.received > MAX_RESULT_BYTES:
            if data:
                child.violated = f"more than {MAX_RESULT_BYTES} bytes"
            selector.unregister(child.pipe)
            os.close(child.pipe)
            child.pipe = -1
            return
        if child.violated:
            continue  # it is being killed; what it still says does not count
        child.buffer += data
        for line in _lines(child.buffer):
            try:
                _take(child, json.loads(line))
            except (ValueError, KeyError, TypeError, RecursionError) as error:
                child.violated = f"{type(error).__name__} in a frame"
                _kill(child)
                break


def _take(child: Child, frame: dict[str, Any]) -> None:
    if child.done:
        raise ValueError("a frame after the last one")
    if "stage" in frame:
        stage = Stage(frame["stage"])
        if child.stages.index(stage) != len(child.verdicts):
            raise ValueError("a stage out of order")
        child.stage = stage
        emit({"id": child.job, "stage": stage})
    elif "verdict" in frame:
        verdict = Verdict.from_json(frame["verdict"])
        if verdict.stage is not child.stage or (child.verdicts and not child.verdicts[-1].ok):
            raise ValueError("a verdict out of order")
        child.verdicts.append(verdict)
        if frame["pair"] is not None:
            child.pair = Pair.from_json(frame["pair"]).to_json()
    elif frame.get("done") is True:
        child.done = True
    else:
        raise ValueError("an unknown frame")


def _kill(child: Child) -> None:
    for kill, target in ((os.killpg, child.pid), (os.kill, child.pid)):
        try:
            kill(target, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue


def _ended(child: Child) -> bool:
    # WNOWAIT leaves the zombie in place: its process group can still be killed before the number is reused.
    flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
    return os.waitid(os.P_PID, child.pid, flags) is not None


def _finish(child: Child, settings: Settings, selector: Any) -> None:
    _kill(child)  # whatever the program left running in its process group
    _, status, usage = os.wait4(child.pid, 0)
    if child.pipe >= 0:
        selector.unregister(child.pipe)
        os.close(child.pipe)
    shutil.rmtree(child.scratch, ignore_errors=True)
    stage = child.stage or settings.stages[0]
    reason, detail = _post_mortem(child, status, settings, usage)
    if reason is not None:
        spent = usage.ru_utime + usage.ru_stime - sum(v.cpu_seconds for v in child.verdicts)
        kept = [v for v in child.verdicts if v.stage is not stage and v.ok]
        child.verdicts = [*kept, Verdict(stage, False, reason, detail, cpu_seconds=round(max(spent, 0.0), 4))]
        child.pair = None
    emit({"id": child.job, "verdicts": [v.to_json() for v in child.verdicts], "pair": child.pair})


def _post_mortem(
    child: Child, status: int, settings: Settings, usage: resource.struct_rusage
) -> tuple[Reason | None, str]:
    """Why a child without a complete report ended."""
    if child.killed is not None:
        return child.killed, ""
    if child.violated:
        return Reason.PROTOCOL_VIOLATION, child.violated
    if child.done:
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


if __name__ == "__main__":
    limits.die_with_parent(os.getppid(), signal.SIGTERM)
    main(settings_from_json(json.loads(sys.argv[1])))
