"""Folders that are replaced whole: what was there stays until the new one lies complete beside it.

A folder cannot be replaced in one step.  A process that is killed between the two that it takes leaves the old folder
under another name; `recover` puts it back.
"""

from __future__ import annotations

import shutil
from pathlib import Path


def recover(target: Path) -> None:
    """Mends what a killed process left of replacing `target`.  Raises OSError."""
    old = _beside(target, "replaced")
    if old.is_dir():
        if target.exists():
            _remove(old)
        else:
            old.rename(target.resolve())


def begin(target: Path) -> Path:
    """An empty folder beside `target`, to be filled.  Raises OSError."""
    partial = _beside(target, "partial")
    _remove(partial)  # a killed process's
    partial.mkdir(parents=True)
    return partial


def finish(partial: Path, target: Path) -> None:
    """Puts the filled folder in the place of `target`.  Raises OSError."""
    place, old = target.resolve(), _beside(target, "replaced")
    if place.exists():
        place.rename(old)
    partial.rename(place)
    _remove(old)  # what stays of it goes with the next `recover`


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def _beside(target: Path, what: str) -> Path:
    place = target.resolve()  # behind a link, so that the link stays
    return place.with_name(f"{place.name}.{what}")
