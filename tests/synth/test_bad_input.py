"""What a user can get wrong around a run: one clear line, the right exit code, nothing lost."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from fake_pool import run_fake

from synth.config import RunConfig
from synth.errors import UsageError
from synth.rundir import RunDir


def refused(out: Path) -> str:
    with pytest.raises(UsageError) as caught:
        run_fake(RunConfig(output_dir=out, num_total_samples=3))
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_output_dir_is_a_file(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("mine")
    assert "file" in refused(file)
    assert "it is a file, or lies below one" in refused(file / "below")
    assert file.read_text() == "mine"


@pytest.mark.skipif(not Path("/proc/version").exists(), reason="needs a folder nobody can write to")
def test_output_dir_cannot_be_written_to() -> None:
    text = refused(Path("/proc/synth-run"))
    assert "cannot be written to" in text
    assert "\n" not in text


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_output_dir_is_read_only(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert "cannot be written to" in refused(tmp_path / "run")


def test_a_missing_output_dir_is_made(tmp_path: Path) -> None:
    code, _ = run_fake(RunConfig(output_dir=tmp_path / "a" / "b", num_total_samples=3))
    assert code == 0
    assert RunDir(tmp_path / "a" / "b").config.read_text().count("num_total_samples = 3")


def test_a_corrupt_journal_is_left_as_it_is(tmp_path: Path) -> None:
    run_fake(RunConfig(output_dir=tmp_path, num_total_samples=3))
    journal = RunDir(tmp_path).journal
    journal.write_bytes(b"garbage" * 5000)
    programs = sorted(tmp_path.glob("*.py"))
    assert "not a sound journal" in refused(tmp_path)
    assert journal.read_bytes() == b"garbage" * 5000
    assert sorted(tmp_path.glob("*.py")) == programs


def test_files_of_the_users_own_are_left_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    run_fake(RunConfig(output_dir=tmp_path / "a", num_total_samples=3))
    assert (tmp_path / "notes.txt").read_text() == "mine"
    (tmp_path / "SynthModel_Mine.py").write_text("mine")
    assert "holds SynthModel_Mine.py but no journal" in refused(tmp_path)
    assert (tmp_path / "SynthModel_Mine.py").read_text() == "mine"
