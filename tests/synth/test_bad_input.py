"""What a user can get wrong around a run: one clear line, the right exit code, nothing lost."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from fake_pool import run_fake

from synth.cli import main
from synth.config import RunConfig
from synth.errors import UsageError
from synth.files.rundir import RunDir


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


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE meta SET value = '{' WHERE key = 'scope'",
        "DELETE FROM meta WHERE key = 'scope'",
        "UPDATE attempts SET pair = NULL",
        "UPDATE attempts SET pair = x'00'",
        "UPDATE attempts SET verdicts = '[{}]'",
        "UPDATE attempts SET stage = 'nowhere'",
        "DROP TABLE samples",
    ],
)
def test_a_damaged_row_is_one_clear_line(tmp_path: Path, damage: str, capsys: pytest.CaptureFixture[str]) -> None:
    run_fake(RunConfig(output_dir=tmp_path, num_total_samples=3))
    database = sqlite3.connect(RunDir(tmp_path).journal)
    database.execute(damage)
    database.commit()
    database.close()
    for program in tmp_path.glob("SynthModel_*.py"):
        program.unlink()  # so that the run has to read them from the journal
    told = ""
    try:
        run_fake(RunConfig(output_dir=tmp_path, num_total_samples=3))
    except UsageError as error:
        told += str(error)
        assert "\n" not in told
    for command in ("stats", "export"):
        out = [f"out={tmp_path / 'out.jsonl'}", "format=jsonl"] if command == "export" else []
        code = main([f".{command}", f"path={tmp_path}", *out])
        error = capsys.readouterr().err
        assert (code, error.count("\n")) in ((0, 0), (2, 1)), error
        told += error
    assert "journal.sqlite: " in told


def test_validate_does_not_overwrite_what_it_reads(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "program.py"
    file.write_text("x = 1\n")
    for path in (file, tmp_path):
        assert main([".validate", f"path={path}", f"out={tmp_path}/../{tmp_path.name}/program.py"]) == 2
        assert "is one of the files to judge" in capsys.readouterr().err
    assert file.read_text() == "x = 1\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_one_clear_line(tmp_path: Path) -> None:
    run_fake(RunConfig(output_dir=tmp_path / "corpus", num_total_samples=3))
    command = [sys.executable, "-m", "synth", ".stats", f"path={tmp_path / 'corpus'}"]
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr == "synth: cannot go on: [Errno 28] No space left on device\n"
    (tmp_path / "program.py").write_text("class Model:\n")
    command = [
        sys.executable,
        "-m",
        "synth",
        ".validate",
        f"path={tmp_path / 'program.py'}",
        "stages=[contract]",
        "out=/dev/full",
    ]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr.count("\n")) == (1, 1)
    assert "out=/dev/full: cannot be written to (No space left on device)" in ended.stderr
