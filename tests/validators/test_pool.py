"""The warm process and its children: what a program does to its own process costs that program and nothing else."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from programs import GOOD, program

from validators.containment.layers import Containment, Layer
from validators.processes.pool import Pool
from validators.processes.server import PoolError, Server
from validators.verdict import Judgement, Program, Reason, Settings, Stage

UNHELD = Containment(without=frozenset(Layer), allow_unsafe=True)
FORKING = Containment(without=frozenset({Layer.SECCOMP}), allow_unsafe=True)  # programs may start processes


def judge(
    sources: Sequence[str], settings: Settings, workers: int = 2, containment: Containment | None = None
) -> list[Judgement]:
    async def run() -> list[Judgement]:
        async with Pool(workers, settings, containment) as pool:
            return list(await asyncio.gather(*(pool.judge(Program(s, "Model")) for s in sources)))

    return asyncio.run(run())


def test_a_hang_ends_at_the_deadline_with_all_it_started() -> None:
    marker = f"synth-test-{os.getpid()}"
    start = f"subprocess.Popen(['sh', '-c', 'sleep 300; : {marker}'])"
    source = program(f"import subprocess, time\n{start}\ntime.sleep(300)\nreturn x")
    settings = Settings(validation_timeout=1.0, stages=(Stage.CONTRACT, Stage.SHAPES))
    (judgement,) = judge([source], settings, containment=FORKING)
    assert judgement.failure is not None and judgement.failure.reason is Reason.TIMEOUT
    assert marker not in processes()


def processes() -> str:
    return subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout


def test_a_program_that_computes_for_ever_is_stopped_by_its_cpu_time() -> None:
    sources = [
        program("while True:\n    pass\nreturn x"),
        program("import signal\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True:\n    pass\nreturn x"),
    ]
    settings = Settings(validation_timeout=1.0, stages=(Stage.CONTRACT, Stage.SHAPES))
    for judgement in judge(sources, settings):
        assert judgement.failure is not None
        assert (judgement.failure.reason, judgement.failure.cpu_seconds >= 0.5) == (Reason.TIMEOUT, True)


def test_a_daemon_that_a_program_leaves_behind_ends_with_it() -> None:
    marker = f"synth-daemon-{os.getpid()}"
    start = f"subprocess.Popen(['sh', '-c', 'sleep 300; : {marker}'], start_new_session=True)"
    settings = Settings(stages=(Stage.CONTRACT, Stage.SHAPES))
    (judgement,) = judge([program(f"import subprocess\n{start}\nreturn x")], settings, containment=FORKING)
    assert judgement.failure is None
    assert marker not in processes()


def test_what_programs_started_ends_with_a_product_process_that_is_killed() -> None:
    marker = f"synth-orphan-{os.getpid()}"
    start = f"subprocess.Popen(['sh', '-c', 'sleep 300; : {marker}'])"
    source = program(f"import subprocess, time\n{start}\ntime.sleep(300)\nreturn x")
    code = (
        "import asyncio, sys\nfrom validators.processes.pool import Pool\nfrom validators.verdict import *\n"
        "from validators.containment.layers import Containment, Layer\n"
        "held = Containment(frozenset({Layer.SECCOMP}), allow_unsafe=True)\n"
        "async def main():\n"
        "    async with Pool(1, Settings(stages=(Stage.CONTRACT, Stage.SHAPES)), held) as pool:\n"
        "        await pool.judge(Program(sys.argv[1], 'Model'))\n"
        "asyncio.run(main())\n"
    )
    root = Path(__file__).resolve().parents[2]
    product = subprocess.Popen([sys.executable, "-c", code, source], cwd=root)
    wait_for(lambda: f"sleep 300; : {marker}\n" in processes())
    product.kill()
    product.wait()
    wait_for(lambda: f"sleep 300; : {marker}\n" not in processes())
    assert marker not in processes()


def wait_for(condition: Callable[[], bool], seconds: float = 90.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.1)


def test_a_killed_warm_process_is_replaced_and_its_programs_judged_again() -> None:
    slow = program("import time\ntime.sleep(1.5)\nreturn self.linear(x).relu()")

    async def run() -> list[Judgement]:
        async with Pool(2, Settings(stages=(Stage.CONTRACT, Stage.SHAPES, Stage.EAGER))) as pool:
            waiting = [asyncio.create_task(pool.judge(Program(slow, "Model"))) for _ in range(3)]
            await asyncio.sleep(0.5)
            assert pool._server._process is not None
            pool._server._process.kill()
            return list(await asyncio.gather(*waiting))

    assert all(j.failure is None for j in asyncio.run(run()))


def test_only_the_program_that_kills_the_warm_process_is_blamed() -> None:
    killer = program("import os, time\ntime.sleep(0.5)\nos.kill(os.getppid(), 9)\ntime.sleep(9)\nreturn x")
    slow = program("import time\ntime.sleep(1)\nreturn self.linear(x).relu()")
    settings = Settings(stages=(Stage.CONTRACT, Stage.SHAPES))
    judgements = judge([slow, killer, slow, slow, killer, slow], settings, workers=3, containment=UNHELD)
    reasons = [j.failure.reason if j.failure else None for j in judgements]
    assert reasons == [None, Reason.CRASHED, None, None, Reason.CRASHED, None]


@pytest.mark.parametrize("fault", ["no process", "no scratch"])
def test_a_restart_that_fails_ends_the_run_with_a_line(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    hang = program("import time\ntime.sleep(100)\nreturn x")

    async def refuse(*_: object, **__: object) -> object:
        raise OSError(11, "Resource temporarily unavailable")

    async def run() -> None:
        async with Pool(1, Settings(stages=(Stage.CONTRACT, Stage.SHAPES))) as pool:
            task = asyncio.create_task(pool.judge(Program(hang, "Model")))
            await asyncio.sleep(0.5)
            server = pool._server
            assert server._process is not None
            if fault == "no process":
                monkeypatch.setattr(asyncio, "create_subprocess_exec", refuse)
            else:
                server._scratch.remove()
                server._scratch.path.write_text("in the way")
            server._process.kill()
            try:
                await asyncio.wait_for(task, 60)
            finally:
                server._scratch.path.unlink() if fault == "no scratch" else None

    with pytest.raises(PoolError, match="no new validator process"):
        asyncio.run(run())


def test_a_program_that_cannot_be_started_waits_and_is_then_judged() -> None:
    async def run() -> Judgement:
        confined = Containment(without=frozenset({Layer.NAMESPACES}))
        async with Pool(1, Settings(stages=(Stage.CONTRACT, Stage.SHAPES)), confined) as pool:
            scratch = pool._server._scratch.path
            moved = scratch.with_name(f"{scratch.name}-moved")
            scratch.rename(moved)  # the warm process has nowhere to make a program's directory
            task = asyncio.create_task(pool.judge(Program(GOOD, "Model")))
            await asyncio.sleep(1.5)
            assert not task.done()
            moved.rename(scratch)
            return await asyncio.wait_for(task, 60)

    assert asyncio.run(run()).failure is None


def test_cancelling_frees_the_worker() -> None:
    hang = program("import time\ntime.sleep(100)\nreturn x")

    async def run() -> Judgement:
        async with Pool(1, Settings(stages=(Stage.CONTRACT, Stage.SHAPES))) as pool:
            task = asyncio.create_task(pool.judge(Program(hang, "Model")))
            await asyncio.sleep(0.5)
            task.cancel()
            return await asyncio.wait_for(pool.judge(Program(GOOD, "Model")), 10)

    assert asyncio.run(run()).failure is None


def test_the_product_side_never_imports_torch() -> None:
    modules = "validators.processes.pool, validators.contract, validators.similarity"
    code = f"import sys, {modules}; sys.exit('torch' in sys.modules)"
    root = Path(__file__).resolve().parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0


def test_scratch_of_a_killed_process_is_removed_and_that_of_a_living_one_is_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left = tmp_path / "synth-left"
    (left / "inside").mkdir(parents=True)
    os.utime(left, (0, 0))
    first = Server(Settings())
    assert not left.exists()
    second = Server(Settings())
    assert first._scratch.path.exists() and second._scratch.path.exists()
    asyncio.run(first.stop())
    asyncio.run(second.stop())
    assert list(tmp_path.iterdir()) == []
