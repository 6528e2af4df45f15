"""The warm process: torch imported and Inductor exercised once, then one fork per program.

Run by `starting.py` as `python -m validators.processes.template SETTINGS_JSON`.  Jobs come in on stdin and events go
out on stdout, one JSON object a line:

    in   {"id": 7, "source": ..., "entry_point": ..., "pattern": [...], "triton_code": ...}      {"cancel": 7}
    out  {"ready": true, "warm_seconds": 9.1}                                {"unavailable": "no CUDA device"}
         {"id": 7, "stage": "shapes"}
         {"id": 7, "verdicts": [...], "pair": {...} | null}
         {"id": 7, "delayed": "No space left on device"}         {"id": 7, "delayed": "", "full": true}

This process never runs a program's code; nor does the judge's, which it forks for each program (see `jobs`).  It
stays single-threaded, because a fork copies one thread only and a lock held by another would stay held for ever in the
child.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import selectors
import signal
import sys
import time
from pathlib import Path
from typing import Any

from validators import launch
from validators.containment import kernel, limits, probe, watch
from validators.containment.enter import May, Plan
from validators.containment.layers import Layer
from validators.containment.pid_namespace import PidNamespaces
from validators.processes.forks import Forks, end_orphans
from validators.processes.jobs import MAX_RESULT_BYTES, ROLES, Job, Pipes, Task, close, run_judge
from validators.verdict import Program, Reason, Settings, Stage, settings_from_json

WATCH_SECONDS = 0.25  # how often what a program's processes use together is looked at
THREAD_SECONDS = 5.0  # how long a thread may take to go
POLL_SECONDS = 0.1  # how late a child that ends without closing its pipe is noticed
# A busy machine must not decide a program's fate, so its limit is CPU time; wall time ends what waits.
WALL_FACTOR = 3.0


def main(settings: Settings, plan: Plan) -> None:
    """Find out what holds, warm up, say so, then serve jobs until stdin closes."""
    started = time.monotonic()
    kernel.show_memory(False)
    namespaces, why_not = _pid_namespaces(plan)
    try:
        missing = probe.missing(plan, settings, namespaces, why_not)
        _warm(settings)
    except launch.UnavailableError as error:
        emit({"unavailable": str(error)})
        return
    except Exception as error:
        sys.exit(f"warming up failed: {' '.join(f'{type(error).__name__}: {error}'.split())[:500]}")
    emit({"ready": True, "warm_seconds": round(time.monotonic() - started, 2), "missing": missing})
    jobs: dict[int, Job] = {}
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the product process has died
    kernel.adopt_orphans()
    try:
        _serve(settings, Forks(plan, settings, namespaces), jobs)
    finally:
        for job in jobs.values():
            job.result(settings)
        end_orphans(set())


def _pid_namespaces(plan: Plan) -> tuple[PidNamespaces | None, str]:
    """What makes one for each program, or why there is none."""
    if plan.no_namespaces or Layer.PID_NAMESPACE in plan.without:
        return None, plan.no_namespaces or "left out"
    try:
        return PidNamespaces(), ""
    except OSError as error:
        return None, str(error)


def _serve(settings: Settings, forks: Forks, jobs: dict[int, Job]) -> None:
    os.set_blocking(0, False)
    selector = selectors.DefaultSelector()
    selector.register(0, selectors.EVENT_READ)
    incoming = bytearray()
    open_for_jobs = True
    watched = 0.0
    while open_for_jobs:
        ready = selector.select(POLL_SECONDS if jobs else None)
        began = time.monotonic()
        for key, _ in ready:
            if key.fd == 0:
                data = os.read(0, 1 << 20)
                open_for_jobs = bool(data)
                incoming += data
                for line in _lines(incoming):
                    _handle(json.loads(line), settings, forks, jobs, selector)
            else:
                _read(key.data, settings, forks, selector)
        if began - watched > WATCH_SECONDS and Layer.WATCH not in forks.plan.without:
            watched = began
            _watch(settings, jobs)
        for job in list(jobs.values()):
            if began > job.deadline:
                job.stop(Reason.TIMEOUT)
            if job.judge.ended():
                _read(job, settings, forks, selector)
                _finish(job, settings, selector)
                del jobs[job.task.number]
        # What one program's files take to remove, on a disk that is busy, is not for others to pay.
        busy = time.monotonic() - began
        for job in jobs.values():
            job.deadline += busy


def _watch(settings: Settings, jobs: dict[int, Job]) -> None:
    """Stop programs whose processes together use too much, and what has left its program."""
    end_orphans({pid for job in jobs.values() for process in job.processes for pid in process.roots})
    if len(jobs) > 1 and watch.memory_is_short():
        list(jobs.values())[-1].put_off()  # the oldest never is, so each gets its turn
    budget = limits.memory_budget(settings)
    for job in jobs.values():
        if job.killed is not None:
            continue
        use = watch.use_of([pid for process in job.processes for pid in process.roots], enough=budget)
        if use.processes > watch.MAX_PROCESSES:
            job.stop(Reason.TOO_MANY_PROCESSES)
        elif use.memory > budget:
            job.stop(Reason.OUT_OF_MEMORY, "its processes together")
        elif any(watch.scratch_is_full(process.scratch) for process in job.processes):
            job.stop(Reason.TOO_MANY_FILES)


#: what children need of this project, imported so that no child has to; by the stage that needs it
_NEEDED: dict[Stage | None, tuple[str, ...]] = {
    None: ("eager", "shapes", "graph", "processes.program_side", "processes.remote"),
    Stage.LAUNCH: ("proving", "proof.sides", "proof.standing_in"),
    Stage.NUMERICS: ("proving", "proof.sides", "proof.standing_in"),
    Stage.TRITON: ("compiling", "proof.standing_in"),
    Stage.COMPILED: ("compiling", "proof.standing_in"),
}


def _warm(settings: Settings) -> None:
    import torch.hub

    for name in dict.fromkeys(n for stage in (None, *settings.stages) for n in _NEEDED.get(stage, ())):
        importlib.import_module(f"validators.{name}")
    # Where tqdm is installed, the first bar of torch.fx's interpreter (torch 2.11 to 2.13) would start a thread of it.
    torch.hub.tqdm.monitor_interval = 0
    if Stage.GRAPH in settings.stages:
        from validators import graph

        graph.prepare(settings)
    if Stage.LAUNCH in settings.stages:
        launch.prepare(settings.device_target)  # imports only: a process that has used CUDA can't be forked
    elif Stage.NUMERICS in settings.stages:
        from validators.proof import numerics

        numerics.prepare(settings.device_target)
    elif Stage.TRITON in settings.stages:
        from validators.inductor import offline_cuda
        from validators.processes import warmup

        offline_cuda.install(settings.device_target)
        warmup.run(settings)
    elif Stage.COMPILED in settings.stages:
        from validators.inductor import offline_cuda

        offline_cuda.install(settings.device_target)
    # FBGEMM asks once what the processor is, in files that no child may read.
    torch.nn.functional.embedding_bag(torch.zeros(1, 1, dtype=torch.long), torch.zeros(1, 1), mode="sum")
    gc.collect()
    gc.freeze()  # the collector need not touch, and so unshare, what all children have in common
    _check_one_thread()


def _check_one_thread() -> None:
    """Raises RuntimeError.  A thread that has ended and was joined is still listed for a moment, on a busy machine."""
    tasks = Path("/proc/self/task")
    end = time.monotonic() + THREAD_SECONDS
    while sum(1 for _ in tasks.iterdir()) != 1:
        if time.monotonic() > end:
            names = ", ".join(sorted((task / "comm").read_text().strip() for task in tasks.iterdir()))
            raise RuntimeError(f"the warm process has several threads ({names}); forking it would not be safe")
        time.sleep(0.01)


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


def _handle(given: dict[str, Any], settings: Settings, forks: Forks, jobs: dict[int, Job], selector: Any) -> None:
    if "cancel" in given:
        if given["cancel"] in jobs:
            jobs[given["cancel"]].kill()
        return
    if jobs and watch.memory_is_short():
        emit({"id": given["id"], "delayed": "", "full": True})
        return
    _check_one_thread()
    program = Program(given["source"], given["entry_point"], tuple(given["pattern"]))
    task = Task(given["id"], program, given.get("triton_code", ""))
    with contextlib.ExitStack() as undo:
        try:
            reader, writer = os.pipe()
            undo.callback(os.close, writer)
            failed = undo.enter_context(contextlib.ExitStack())
            failed.callback(os.close, reader)
            pipes = {}
            for role in ROLES:
                pipes[role] = Pipes()
                undo.callback(close, pipes[role].of_judge)
                failed.callback(close, pipes[role].of_side)
            ends = [fd for role in ROLES for fd in pipes[role].of_judge]
            judge = forks.fork([writer, *ends], lambda: run_judge(task, settings), May(fork=True))
        except OSError as error:  # nothing of the program's doing
            emit({"id": task.number, "delayed": str(error)})
            return
        failed.pop_all()
    os.set_blocking(reader, False)
    deadline = time.monotonic() + WALL_FACTOR * settings.validation_timeout
    job = Job(task, judge, reader, deadline, settings.stages, pipes)
    jobs[task.number] = job
    selector.register(reader, selectors.EVENT_READ, job)


def _read(job: Job, settings: Settings, forks: Forks, selector: Any) -> None:
    """Take what the judge has reported so far; anything that is no frame ends the job."""
    while job.pipe >= 0:
        try:
            data = os.read(job.pipe, 1 << 20)
        except BlockingIOError:
            return
        job.received += len(data)
        if not data or job.received > MAX_RESULT_BYTES:
            if data:
                job.violated = f"more than {MAX_RESULT_BYTES} bytes"
            selector.unregister(job.pipe)
            os.close(job.pipe)
            job.pipe = -1
            return
        if job.violated:
            continue  # it is being killed; what it still says does not count
        job.buffer += data
        for line in _lines(job.buffer):
            try:
                frame = json.loads(line)
                if "start" in frame:
                    job.start_side(frame["start"], forks, settings)
                    continue
                job.take(frame)
                if "stage" in frame:
                    emit({"id": job.task.number, "stage": frame["stage"]})
            except (ValueError, KeyError, TypeError, RecursionError) as error:
                job.violated = f"{type(error).__name__} in a frame"
                job.kill()
                break
            except OSError as error:  # no process for a side
                job.delayed = str(error)
                job.kill()
                break


def _finish(job: Job, settings: Settings, selector: Any) -> None:
    if job.pipe >= 0:
        selector.unregister(job.pipe)
        os.close(job.pipe)
    emit(job.result(settings))


if __name__ == "__main__":
    kernel.die_with_parent(signal.SIGTERM)
    given = json.loads(sys.argv[1])
    main(settings_from_json(given["settings"]), Plan.from_json(given["plan"]))
