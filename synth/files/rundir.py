"""A run's directory: what lies where, who may write there, and files that are never half written."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from synth.errors import CommandError, UsageError

DEFAULT_PARENT = Path("outputs")


@dataclass(frozen=True)
class RunDir:
    """The layout: programs at the top, as the original has it; everything else below `run/`."""

    root: Path

    @property
    def inner(self) -> Path:
        """What belongs to synth rather than to the corpus."""
        return self.root / "run"

    @property
    def journal(self) -> Path:
        """The single truth."""
        return self.inner / "journal.sqlite"

    @property
    def config(self) -> Path:
        """The effective configuration."""
        return self.inner / "config.toml"

    @property
    def rejects(self) -> Path:
        """The last program of each rejected sample."""
        return self.inner / "rejects"

    def create(self) -> None:
        """Makes the folders and proves that they can be written to."""
        try:
            self.rejects.mkdir(parents=True, exist_ok=True)
            _write_whole(self.inner / ".probe", "")
            (self.inner / ".probe").unlink()
        except (FileExistsError, NotADirectoryError):
            raise UsageError(f"output_dir={self.root}: it is a file, or lies below one.") from None
        except OSError as error:
            raise UsageError(f"output_dir={self.root}: cannot be written to ({error.strerror}).") from None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keeps a second run out; the kernel frees the lock however this process ends."""
        with (self.inner / "lock").open("a") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise UsageError(f"output_dir={self.root}: another run is at work there.") from None
            yield

    def sweep(self) -> None:
        """Removes what a killed run was writing; call with the lock held."""
        for folder in (self.inner, self.rejects):
            for leftover in folder.glob("*.partial"):
                leftover.unlink(missing_ok=True)


def write_file(path: Path, content: str) -> None:
    """Writes all or nothing: readers see the old file or the new one."""
    try:
        _write_whole(path, content)
    except OSError as error:
        raise CommandError(f"{path}: cannot be written ({error.strerror}).") from None


def _write_whole(path: Path, content: str) -> None:
    run = path.parent / "run"
    partial = (run if run.is_dir() else path.parent) / f"{path.name}.partial"
    partial.write_bytes(content.encode("utf-8", "surrogatepass"))
    partial.replace(path)


def newest_run(parent: Path = DEFAULT_PARENT) -> RunDir:
    """The run below `parent` whose journal changed last."""
    journals = list(parent.glob("*/run/journal.sqlite"))
    if not journals:
        raise UsageError(f"no run in {parent}/; name one with path=DIRECTORY, or start one with .parallel.")
    # A run at work writes to the log beside its journal.
    newest = max(journals, key=lambda journal: max(f.stat().st_mtime for f in journal.parent.glob("journal.sqlite*")))
    return RunDir(newest.parent.parent)


def run_at(path: Path) -> RunDir:
    """The run whose directory is `path`, or whose inner folder it is."""
    run = RunDir(path)
    return run if path.name != "run" or run.journal.is_file() else RunDir(path.parent)


def existing_run(path: Path | None) -> RunDir:
    """The run the user means: the one at `path`, or the newest."""
    if path is None:
        return newest_run()
    if not path.exists():
        raise UsageError(f"path={path}: does not exist.")
    run = run_at(path)
    if not run.journal.is_file():
        raise UsageError(f"path={path}: holds no run (no run/journal.sqlite).")
    return run
