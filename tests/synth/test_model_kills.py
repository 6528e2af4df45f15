"""A run with a language model that is killed, or asked to stop, loses no answer and asks for none twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from test_run import HERE, ROOT, exported, wait_for_journal

from synth.files.rundir import RunDir
from synth.store.journal import Journal

KILLS = 8


def start(out: Path, log: Path, samples: int, seconds: float) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, str(HERE / "model_run.py"), str(out), str(samples), str(seconds), str(log)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for_journal(out)
    return process


def received(log: Path) -> list[str]:
    return log.read_text().splitlines() if log.exists() else []


def journalled(out: Path) -> set[str]:
    journal = Journal.open_to_read(RunDir(out).journal)
    begun = {f"{one.sample} {one.attempt}" for one in journal.begun()}
    journal.close()
    return begun


def test_killed_and_resumed_it_asks_for_no_answer_it_kept(tmp_path: Path) -> None:
    whole, out, log = tmp_path / "whole", tmp_path / "killed", tmp_path / "log"
    process = start(whole, tmp_path / "whole.log", 150, 0.0)
    assert process.communicate(timeout=60)[1] == ""
    rng = random.Random(7)
    kills, lost = 0, set[str]()
    for _ in range(KILLS):
        process = start(out, log, 150, 0.05)
        before = len(received(log))
        deadline = time.monotonic() + 20
        while len(received(log)) == before and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.002)  # at work
        time.sleep(rng.uniform(0.0, 0.08))
        process.kill()
        kills += process.wait() == -signal.SIGKILL
        # One answer at a time goes from the connection to the journal, so a kill can cost one.
        # What an earlier kill cost may not have been asked for again yet.
        missing = set(received(log)) - journalled(out)
        assert len(missing - lost) <= 1
        lost |= missing
    assert kills > 4
    process = start(out, log, 150, 0.0)
    text, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, ""), text
    assert {what for what, count in Counter(received(log)).items() if count > 1} <= lost
    assert exported(out) == exported(whole)


def test_the_first_signal_keeps_answers_on_their_way(tmp_path: Path) -> None:
    out, log = tmp_path / "run", tmp_path / "log"
    process = start(out, log, 150, 2.0)
    time.sleep(1.0)  # the first requests are in flight
    process.send_signal(signal.SIGINT)
    text, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (130, "")
    assert "keeping answers on their way" in text
    assert received(log)
    assert set(received(log)) == journalled(out)


def test_the_second_signal_waits_for_nothing(tmp_path: Path) -> None:
    out, log = tmp_path / "run", tmp_path / "log"
    process = start(out, log, 150, 60.0)
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (130, "")
