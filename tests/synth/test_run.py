"""Whole runs with a fake pool: order, resume, kill, signals, limits."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import fake_pool
import pytest
from fake_pool import FakePool, FakeProvider, run_fake

from synth import export
from synth.config import RunConfig
from synth.errors import CommandError, UsageError
from synth.files.rundir import RunDir
from synth.run.window import WINDOW_PER_WORKER
from synth.store.journal import Journal
from validators.verdict import Judgement, Program, Reason, Stage, Verdict

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


def config(out: Path, **changes: object) -> RunConfig:
    return replace(RunConfig(output_dir=out, num_total_samples=60, num_worker=3, seed=3), **changes)


def exported(out: Path) -> bytes:
    target = out / "pairs.jsonl"
    export.write(RunDir(out), "jsonl", target)
    return target.read_bytes()


def files(out: Path) -> dict[str, bytes]:
    inner = out / "run" / "rejects"
    return {str(f.relative_to(out)): f.read_bytes() for folder in (out, inner) for f in folder.glob("*.py")}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("whole")
    code, _ = run_fake(config(out, num_worker=1), slow=0)
    assert code == 0
    return out


def test_the_number_of_workers_changes_nothing(whole: Path, tmp_path: Path) -> None:
    run_fake(config(tmp_path, num_worker=7))
    assert exported(tmp_path) == exported(whole)
    assert files(tmp_path) == files(whole)


def test_every_sample_has_a_fate_and_every_reject_a_reason(whole: Path) -> None:
    journal = Journal.open_to_read(RunDir(whole).journal)
    fates = list(journal.fates())
    assert [sample for sample, *_ in fates] == list(range(60))
    kept = {sample for sample, _, _, kept in fates if kept}
    assert 0 < len(kept) < 60
    signatures = [signature for _, _, signature, _ in journal.kept_keys()]
    assert len(signatures) == len(set(signatures))
    reasons = set()
    for sample, number, name, was_kept in fates:
        attempt = journal.attempt(sample, number)
        assert attempt is not None
        assert (attempt.stage is None) == was_kept
        reasons.add(attempt.reason)
        assert (whole / f"{name}.py").exists() == was_kept
        assert (whole / "run" / "rejects" / f"{name}.py").exists() != was_kept
    assert Reason.DUPLICATE_SIGNATURE in {outcome.reason for outcome in journal.outcomes()}
    journal.close()


def test_a_rejected_file_says_why(whole: Path) -> None:
    texts = [path.read_text() for path in (whole / "run" / "rejects").glob("*.py")]
    assert texts
    assert all(text.startswith("# rejected at ") for text in texts)


def test_the_lowest_index_wins_a_duplicate(whole: Path) -> None:
    journal = Journal.open_to_read(RunDir(whole).journal)
    first: dict[str, int] = {}
    for sample, number, *_ in journal.fates():
        for n in range(1, number + 1):
            attempt = journal.attempt(sample, n)
            assert attempt is not None
            if attempt.reason is Reason.DUPLICATE_SIGNATURE:
                assert attempt.stage is Stage.SIMILARITY
                assert first[attempt.signature] < sample
            elif attempt.stage is None:
                assert first.setdefault(attempt.signature, sample) == sample
    journal.close()


def test_killed_five_times_and_resumed_it_is_the_same(whole: Path, tmp_path: Path) -> None:
    command = [sys.executable, str(HERE / "fake_run.py"), str(tmp_path), "60", "2"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    rng = random.Random(5)
    kills = 0
    for _ in range(5):
        process = subprocess.Popen([*command, "0.05"], env=environment, stdout=subprocess.DEVNULL)
        wait_for_journal(tmp_path)
        time.sleep(rng.uniform(0.0, 0.25))
        process.kill()
        kills += process.wait() == -signal.SIGKILL
    assert kills == 5
    (tmp_path / "run" / "x.py.partial").write_text("half a fi")
    some = next(tmp_path.glob("SynthModel_*.py"), None)
    if some is not None:
        some.unlink()  # the journal knows it
    process = subprocess.run([*command, "0"], env=environment, capture_output=True, text=True)
    assert process.returncode == 0, process.stderr
    assert "resuming" in process.stdout
    assert exported(tmp_path) == exported(whole)
    assert files(tmp_path) == files(whole)
    assert not list((tmp_path / "run").glob("*.partial"))


def wait_for_journal(out: Path) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and not (out / "run" / "config.toml").exists():
        time.sleep(0.01)


def test_nothing_is_asked_or_judged_twice(tmp_path: Path) -> None:
    first = FakeProvider()
    with pytest.raises(CommandError, match="template process died"):
        run_fake(config(tmp_path), first, die_after=20)
    second = FakeProvider()
    code, _ = run_fake(config(tmp_path), second)
    assert code == 0
    assert len(first.asked) + len(second.asked) == len(set(first.asked) | set(second.asked))
    third = FakeProvider()
    code, text = run_fake(config(tmp_path), third)
    assert (code, third.asked) == (0, [])
    assert "starting" not in text


def test_a_dead_pool_loses_nothing(tmp_path: Path, whole: Path) -> None:
    for _ in range(3):
        with pytest.raises(CommandError, match="everything judged is kept") as caught:
            run_fake(config(tmp_path), die_after=12)
        assert caught.value.exit_code == 1
    run_fake(config(tmp_path))
    assert exported(tmp_path) == exported(whole)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_drains(tmp_path: Path, whole: Path, number: signal.Signals) -> None:
    process = start_slow_run(tmp_path)
    process.send_signal(number)
    text, errors = process.communicate(timeout=20)
    assert process.returncode == 130, errors
    assert f"go on with: python -m synth .parallel config={tmp_path}/run/config.toml" in text
    assert "Traceback" not in errors
    journal = Journal.open_to_read(RunDir(tmp_path).journal)
    assert journal.settled() < 60
    journal.close()
    run_fake(config(tmp_path), slow=0)
    assert exported(tmp_path) == exported(whole)


def test_the_second_signal_stops_at_once(tmp_path: Path) -> None:
    process = start_slow_run(tmp_path, slow="60")
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    assert process.poll() is None  # one program is being judged for a minute
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=10)
    assert process.returncode == 130
    assert "Traceback" not in errors


def start_slow_run(out: Path, slow: str = "0.3") -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, str(HERE / "fake_run.py"), str(out), "60", "2", slow],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for_journal(out)
    time.sleep(0.5)
    return process


def test_target_accepted_stops_and_may_be_raised(whole: Path, tmp_path: Path) -> None:
    code, _ = run_fake(config(tmp_path, target_accepted=10))
    assert code == 0
    assert len(list(tmp_path.glob("SynthModel_*.py"))) == 10
    ten = exported(tmp_path)
    assert exported(whole).startswith(ten)
    code, _ = run_fake(config(tmp_path, target_accepted=20, num_worker=1))
    assert len(list(tmp_path.glob("SynthModel_*.py"))) == 20
    code, _ = run_fake(config(tmp_path))
    assert exported(tmp_path) == exported(whole)


def test_num_total_samples_may_be_raised_not_lowered(whole: Path, tmp_path: Path) -> None:
    run_fake(config(tmp_path, num_total_samples=25))
    with pytest.raises(UsageError, match="num_total_samples: 25 there, 24 asked") as caught:
        run_fake(config(tmp_path, num_total_samples=24))
    assert caught.value.exit_code == 2
    run_fake(config(tmp_path))
    assert exported(tmp_path) == exported(whole)


def test_another_identity_is_refused_with_its_differences(whole: Path) -> None:
    before = files(whole), exported(whole)
    with pytest.raises(UsageError) as caught:
        run_fake(config(whole, p_value=0.3, seed=4))
    text = str(caught.value)
    assert "p_value: 0.4 there, 0.3 asked" in text
    assert "seed: 3 there, 4 asked" in text
    assert "num_worker" not in text
    assert (files(whole), exported(whole)) == before


def test_an_unreachable_target_is_said(tmp_path: Path) -> None:
    code, text = run_fake(config(tmp_path, num_total_samples=20, target_accepted=20, max_retries=1))
    assert code == 3
    assert "target_accepted=20 was not reached" in text


def test_nothing_kept_is_said(tmp_path: Path) -> None:
    class Silent(FakeProvider):
        async def answer(self, request):  # type: ignore[no-untyped-def]
            raise ConnectionError("no route")

    code, text = run_fake(config(tmp_path, num_total_samples=4), Silent())
    assert code == 3
    assert "no program was kept" in text
    assert "no_answer" in text
    journal = Journal.open_to_read(RunDir(tmp_path).journal)
    assert journal.attempt(3, 3).detail == "fake failed: ConnectionError: no route"
    journal.close()


def test_two_runs_in_one_directory_are_kept_apart(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    run.create()
    with run.locked(), pytest.raises(UsageError, match="another run is at work there"):
        run_fake(config(tmp_path))


def test_the_default_directory_is_the_hash_of_the_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    small = RunConfig(num_total_samples=3)
    for changed in (small, replace(small, num_worker=1), replace(small, seed=1), replace(small, num_total_samples=4)):
        run_fake(changed)
    found = sorted((tmp_path / "outputs").iterdir())
    assert len(found) == 3  # another number of workers is the same run
    assert all(len(folder.name) == 12 for folder in found)


def test_off_a_terminal_there_are_plain_lines(tmp_path: Path) -> None:
    _, text = run_fake(config(tmp_path, num_total_samples=8))
    assert "\x1b" not in text
    assert "\r" not in text
    assert "Funnel" in text
    assert "8/8 samples decided" in text


def test_the_window_bounds_what_is_in_flight(tmp_path: Path) -> None:
    provider = FakeProvider()
    with pytest.raises(CommandError):
        run_fake(config(tmp_path, num_worker=2), provider, die_after=0)
    assert len(provider.asked) <= 2 * WINDOW_PER_WORKER


def test_a_pattern_of_the_benchmark_is_asked_for_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Similar(FakePool):
        async def judge(self, program: Program) -> Judgement:
            return Judgement((Verdict(Stage.SIMILARITY, False, Reason.BENCHMARK_SIGNATURE, "KernelBench 2/1"),))

    monkeypatch.setattr(fake_pool, "FakePool", Similar)
    provider = FakeProvider()
    code, _ = run_fake(config(tmp_path, num_total_samples=8, max_retries=3), provider)
    assert code == 3
    assert sorted(provider.asked) == [(sample, 1) for sample in range(8)]
