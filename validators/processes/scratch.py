"""A directory for a warm process's files, which the next start removes when this one is killed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

YOUNG_SECONDS = 60.0


class Scratch:
    """A directory of our own below the system's temporary one, held by a lock for as long as we live."""

    def __init__(self) -> None:
        _sweep()
        self.path = Path(tempfile.mkdtemp(prefix="synth-"))
        self._lock = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def remove(self) -> None:
        """Delete it; once is enough, twice does no harm."""
        remove_tree(self.path)
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def remove_tree(path: Path) -> None:
    """Delete a directory that programs wrote to: however deep it is, whoever may read it.  Raises nothing."""
    with contextlib.suppress(RecursionError):  # a call, and an open file, for each level
        shutil.rmtree(path, ignore_errors=True)
    if path.exists():
        for command in (["chmod", "-R", "u+rwx"], ["rm", "-rf", "--one-file-system"]):
            with contextlib.suppress(OSError):
                quiet = subprocess.DEVNULL
                subprocess.run([*command, "--", path], stdin=quiet, stdout=quiet, stderr=quiet, check=False)


def _sweep() -> None:
    """Remove what killed processes left: their directories are there, their locks are gone."""
    for left in Path(tempfile.gettempdir()).glob("synth-*"):
        with contextlib.suppress(OSError):  # another user's, or taken by a start beside ours
            if time.time() - left.stat().st_mtime < YOUNG_SECONDS:
                continue  # its owner may be about to lock it
            held = os.open(left, os.O_RDONLY | os.O_DIRECTORY)
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                remove_tree(left)
            finally:
                os.close(held)
