"""What programs leave behind is removed, whatever they made of it."""

from __future__ import annotations

import os
from pathlib import Path

from validators.processes.scratch import Scratch, remove_tree


def deep(folder: Path, levels: int) -> None:
    inner = folder.name
    at = os.open(folder, os.O_RDONLY)
    for _ in range(levels):
        os.mkdir(inner, dir_fd=at)
        below = os.open(inner, os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = below
    os.close(at)


def test_a_tree_deeper_than_paths_and_calls_can_be(tmp_path: Path) -> None:
    left = tmp_path / "d"
    left.mkdir()
    deep(left, 3000)
    remove_tree(left)
    assert not left.exists()


def test_folders_that_cannot_be_listed(tmp_path: Path) -> None:
    left = tmp_path / "left"
    (left / "inner").mkdir(parents=True)
    (left / "inner" / "file").write_text("")
    (left / "inner").chmod(0o300)
    remove_tree(left)
    assert not left.exists()
    remove_tree(left)


def test_a_scratch_is_removed_with_all_of_it() -> None:
    scratch = Scratch()
    deep(scratch.path, 2000)
    scratch.remove()
    assert not scratch.path.exists()
    scratch.remove()
