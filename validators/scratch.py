"""A directory for a warm process's files, which the next start removes when this one is killed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
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
        shutil.rmtree(self.path, ignore_errors=True)
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def _sweep() -> None:
    """Remove what killed processes left: their directories are there, their locks are gone."""
    for left in Path(tempfile.gettempdir()).glob("synth-*"):
        with contextlib.suppress(OSError):  # another user's, or taken by a start beside ours
            if time.time() - left.stat().st_mtime < YOUNG_SECONDS:
                continue  # its owner may be about to lock it
            held = os.open(left, os.O_RDONLY | os.O_DIRECTORY)
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(left, ignore_errors=True)
            finally:
                os.close(held)
