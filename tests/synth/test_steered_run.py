"""Steered runs with a fake pool: the same bytes whatever the workers, the kills and the pauses."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from fake_pool import SETS, FakePool, FakeProvider, run_fake
from test_run import HERE, ROOT, exported, files, wait_for_journal

from synth.breadth.state import settled_of
from synth.breadth.steering import Steered
from synth.cli import main
from synth.commands import revalidate
from synth.config import RunConfig
from synth.errors import UsageError
from synth.files.rundir import RunDir
from synth.providers import About
from synth.run.casting import open_cast
from synth.sampling import catalogue_sets
from synth.store.journal import Journal
from validators.verdict import Settings


def config(out: Path, **changes: object) -> RunConfig:
    steered = RunConfig(
        output_dir=out, num_total_samples=60, num_worker=3, seed=3, steer="coverage", steer_every=8
    )  # fmt: skip
    return replace(steered, **changes)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("steered")
    code, _ = run_fake(config(out, num_worker=1), slow=0)
    assert code == 0
    return out


@pytest.mark.parametrize("workers", [2, 7])
def test_the_number_of_workers_changes_nothing(whole: Path, tmp_path: Path, workers: int) -> None:
    run_fake(config(tmp_path, num_worker=workers), slow=0.02)
    assert exported(tmp_path) == exported(whole)
    assert files(tmp_path) == files(whole)


def test_killed_and_resumed_it_is_the_same(whole: Path, tmp_path: Path) -> None:
    command = [sys.executable, str(HERE / "fake_run.py"), str(tmp_path), "60", "2"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    rng = random.Random(6)
    for _ in range(3):
        process = subprocess.Popen([*command, "0.05", "steered"], env=environment, stdout=subprocess.DEVNULL)
        wait_for_journal(tmp_path)
        time.sleep(rng.uniform(0.05, 0.4))
        process.kill()
        assert process.wait() == -signal.SIGKILL
    done = subprocess.run([*command, "0", "steered"], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert exported(tmp_path) == exported(whole)
    assert files(tmp_path) == files(whole)


def test_a_run_that_was_raised_is_the_same(whole: Path, tmp_path: Path) -> None:
    for samples in (5, 29, 60):
        run_fake(config(tmp_path, num_total_samples=samples))
    assert exported(tmp_path) == exported(whole)


def test_no_sample_is_begun_before_those_it_follows_from_are_decided(tmp_path: Path) -> None:
    decided: list[tuple[int, int]] = []

    class Watching(FakeProvider):
        async def answer(self, request):  # type: ignore[no-untyped-def]
            if request.attempt == 1:
                journal = Journal.open_to_read(RunDir(tmp_path).journal)
                decided.append((request.sample, journal.settled()))
                journal.close()
            return await super().answer(request)

    run_fake(config(tmp_path, num_worker=7), Watching(), slow=0.02)
    assert len(decided) == 60
    assert all(count >= max(0, sample // 8 - 1) * 8 for sample, count in decided)
    assert any(count < sample for sample, count in decided)  # and yet several are under way


def test_patterns_are_those_that_the_journal_leads_to(whole: Path) -> None:
    journal = Journal.open_to_read(RunDir(whole).journal)
    steered = Steered(config(whole), SETS, lambda first, end: map(settled_of, journal.deciding(first, end)))
    assert [steered(sample) for sample in range(60)] == list(journal.patterns())
    assert any(attempt.stage for attempt in journal.deciding(0, 60))
    journal.close()


def test_without_steering_patterns_are_others(whole: Path, tmp_path: Path) -> None:
    run_fake(config(tmp_path, steer="none"))
    plain, steered = (Journal.open_to_read(RunDir(out).journal) for out in (tmp_path, whole))
    assert list(plain.patterns()) != list(steered.patterns())
    assert list(map(len, plain.patterns())) == list(map(len, steered.patterns()))


def test_steering_is_part_of_what_a_run_is(whole: Path) -> None:
    for change in ({"steer": "none"}, {"steer_every": 9}):
        with pytest.raises(UsageError, match=next(iter(change))):
            run_fake(config(whole, **change))


def test_patterns_that_are_brought_along_cannot_be_steered(tmp_path: Path) -> None:
    class Brings(FakeProvider):
        about = About("fake", patterns=(("Linear",), ("ReLU",)))

    with pytest.raises(UsageError, match=r"steer=coverage: .* brings its own patterns"):
        run_fake(config(tmp_path), Brings())


def test_single_debug_says_what_it_cannot_know(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([".single_debug", "steer=coverage", "index=200", f"out={tmp_path}"]) == 2
    assert "steer=coverage: sample 200 follows from what the 100 samples before it showed" in capsys.readouterr().err


def test_stats_show_how_broad_a_run_is(whole: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([".stats", f"path={whole}", "by=breadth"]) == 0
    text = capsys.readouterr().out
    assert "Breadth of the kept programs" in text and "pairs (b given a's)" in text


def test_a_steered_run_is_judged_again_as_it_was_asked(whole: Path, tmp_path: Path) -> None:
    @asynccontextmanager
    async def same_pool(num_worker: int, settings: Settings) -> AsyncIterator[FakePool]:
        yield FakePool(num_worker, settings, slow=0)

    assert revalidate.run({"path": whole, "output_dir": tmp_path / "again"}, same_pool) == 0
    assert exported(tmp_path / "again") == exported(whole)


def test_the_builtin_synthesizer_is_asked_for_an_order_and_only_when_steered() -> None:
    for steer in ("none", "coverage"):
        cast = open_cast(RunConfig(steer=steer), catalogue_sets())
        _, request, _ = cast.request(0, 1, "SynthModel", [])
        assert request.ordered == (steer == "coverage")
        assert request.pattern == cast.pattern(0)
        assert cast.needs(250) == (100 if request.ordered else 0)
