"""Programs together: when the machine's memory runs short the youngest waits, and nobody is blamed."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

import pytest
from programs import GOOD

from validators.containment import watch
from validators.processes import template
from validators.processes.forks import Process
from validators.processes.jobs import Job, Task
from validators.processes.server import MAX_DELAYS, Server, _Job
from validators.verdict import Program, Settings, Stage

SETTINGS = Settings(stages=(Stage.CONTRACT, Stage.SHAPES))


def job(number: int, folder: Path) -> Job:
    asleep = subprocess.Popen(["sleep", "60"], start_new_session=True)
    folder.mkdir()
    return Job(
        Task(number, Program(GOOD, "Model"), ""), Process(asleep.pid, folder, None), -1, 1e9, SETTINGS.stages, {}
    )


def test_the_youngest_is_put_off_and_the_oldest_goes_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(template, "end_orphans", lambda known: None)  # children of this test are not its own
    monkeypatch.setattr(watch, "memory_is_short", lambda: True)
    jobs = {number: job(number, tmp_path / str(number)) for number in (3, 5)}
    template._watch(SETTINGS, jobs)
    assert not jobs[3].judge.ended() and not jobs[3].full
    assert jobs[5].result(SETTINGS) == {"id": 5, "delayed": "", "full": True}
    del jobs[5]
    template._watch(SETTINGS, jobs)
    assert not jobs[3].judge.ended(), "one that is alone has its turn"
    jobs[3].kill()
    assert jobs[3].result(SETTINGS)["verdicts"]


def test_with_memory_to_spare_all_go_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(template, "end_orphans", lambda known: None)
    monkeypatch.setattr(watch, "memory_is_short", lambda: False)
    jobs = {number: job(number, tmp_path / str(number)) for number in (3, 5)}
    template._watch(SETTINGS, jobs)
    assert not any(one.judge.ended() for one in jobs.values())
    for one in jobs.values():
        one.kill()
        one.result(SETTINGS)


def test_memory_is_short_by_what_the_kernel_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "MAX_RESERVE", 0)
    assert not watch.memory_is_short()
    said = {"MemAvailable:": 1 << 30, "MemTotal:": 64 << 30}
    monkeypatch.setattr(watch, "_fields", lambda path, names: said[names[0]])
    monkeypatch.setattr(watch, "MAX_RESERVE", 2 << 30)
    assert watch.memory_is_short()
    said["MemAvailable:"] = 3 << 30
    assert not watch.memory_is_short()


@pytest.mark.parametrize(("counts", "fails"), [(False, False), (True, True)])
def test_waiting_for_memory_is_no_failure_to_start(counts: bool, fails: bool) -> None:
    async def run() -> bool:
        server = Server(SETTINGS)
        result = asyncio.get_running_loop().create_future()
        server._jobs[0] = _Job(Program(GOOD, "Model"), "", lambda stage: None, result, Stage.CONTRACT)
        for _ in range(MAX_DELAYS + 1):
            server._delay(0, "why", counts)
        if server._failed:
            result.exception()
        return server._failed is not None

    assert asyncio.run(run()) is fails
