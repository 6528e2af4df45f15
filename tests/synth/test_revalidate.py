""".revalidate: a run's answers judged again, asked of nobody."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from fake_model import FakeModel
from fake_pool import FakePool, run_fake
from test_models import config, first_bad, journal_of
from test_run import exported

from synth import cli, commands
from synth.commands import revalidate
from synth.errors import UsageError
from validators.verdict import Judgement, Program, Reason, Settings, Stage, Verdict


@asynccontextmanager
async def same_pool(num_worker: int, settings: Settings):
    yield FakePool(num_worker, settings, slow=0)


@asynccontextmanager
async def strict_pool(num_worker: int, settings: Settings):
    class Strict(FakePool):
        """Turns down one in four of what the other lets through."""

        async def judge(self, program: Program) -> Judgement:
            judgement = await super().judge(program)
            if judgement.pair is None or judgement.pair.evidence["n"] % 4:
                return judgement
            return Judgement((*judgement.verdicts[:-1], Verdict(Stage.TRITON, False, Reason.COMPILE_ERROR, "no")))

    yield Strict(num_worker, settings, slow=0)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    out = tmp_path / "old"
    run_fake(config(out, prompt=("plain", "resample")), FakeModel(first_bad), slow=0)
    return out


def test_the_same_validators_say_the_same(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert revalidate.run({"path": run, "output_dir": tmp_path / "new"}, same_pool) == 0
    text = capsys.readouterr().out
    old = journal_of(run)
    kept = sum(kept for *_, kept in old.fates())
    assert f"30 samples: kept {kept} before, {kept} now; 0 lost, 0 gained, 0 rejected for another reason" in text
    assert exported(tmp_path / "new") == exported(run)
    new = journal_of(tmp_path / "new")
    assert list(new.begun()) == list(old.begun())
    assert list(new.ledger.calls()) == list(old.ledger.calls())
    assert new.attempt(4, 2).origin == old.attempt(4, 2).origin  # type: ignore[union-attr]
    assert new.attempt(4, 2).cost == old.attempt(4, 2).cost  # type: ignore[union-attr]
    for journal in (old, new):
        journal.close()
    assert cli.main([".stats", str(tmp_path / "new"), "by=prompt"]) == 0


def test_other_validators_are_compared(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = {"path": run, "output_dir": tmp_path / "new", "device_target": "sm_90"}
    assert revalidate.run(dict(given), strict_pool) == 0
    lines = capsys.readouterr().out.splitlines()
    told = next(line for line in lines if "samples: kept" in line)
    old, new = journal_of(run), journal_of(tmp_path / "new")
    before, after = (sum(kept for *_, kept in journal.fates()) for journal in (old, new))
    assert before > after
    assert f"kept {before} before, {after} now" in told
    assert any(line.startswith("  lost: triton/compile_error  ") for line in lines)
    for journal in (old, new):
        journal.close()
    assert revalidate.run(dict(given), strict_pool) == 0  # again: nothing is left to judge
    assert told in capsys.readouterr().out


def test_its_directory_is_its_own(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="is the run itself"):
        revalidate.run({"path": run, "output_dir": run}, same_pool)
    monkeypatch.chdir(tmp_path)
    before = exported(run)
    revalidate.run({"path": run}, same_pool)
    revalidate.run({"path": run, "device_target": "sm_90"}, same_pool)
    assert len(list((tmp_path / "outputs").iterdir())) == 2
    assert exported(run) == before
    with pytest.raises(UsageError, match="answers of"):
        run_fake(replace(config(next((tmp_path / "outputs").iterdir()))), FakeModel())


def test_a_run_without_answers_is_told(tmp_path: Path) -> None:
    broken = tmp_path / "run"
    (broken / "run").mkdir(parents=True)
    (broken / "run" / "journal.sqlite").touch()
    with pytest.raises(UsageError, match="cannot be read"):
        revalidate.run({"path": broken}, same_pool)


def test_it_is_a_command() -> None:
    keys = {param.name for param in commands.COMMANDS["revalidate"].params}
    assert {"path", "device_target", "output_dir", "num_worker"} <= keys
