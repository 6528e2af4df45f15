"""What a program's processes use together: limits of the kernel count each process for itself.

Memory is counted in two steps.  The sum of what processes have resident counts what they share once for each, but costs
next to nothing; only where it is above the budget are the shares read, for which the kernel walks their page tables.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

MAX_PROCESSES = 64  # of one program; Triton and its tools use two or three
MAX_FILES = 20_000  # in a program's scratch
MAX_SCRATCH_BYTES = 512 << 20
MAX_RESERVE = 2 << 30  # bytes of the machine's memory that programs together leave to others


@dataclass(frozen=True)
class Use:
    """Memory in bytes, without files' pages."""

    processes: int
    memory: int


def works() -> bool:
    """Whether this kernel tells the children of a process."""
    return Path("/proc/thread-self/children").exists()


def children_of(pid: int | str) -> list[int]:
    """Process ids of the direct children; empty where it has ended or the kernel does not tell."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(OSError):
                found += map(int, (task / "children").read_text().split())
    return found


def use_of(roots: list[int], enough: int) -> Use:
    """What `roots` and their descendants use.  Below `enough` bytes `memory` is an upper bound."""
    found, waiting = set(roots), list(roots)
    while waiting:
        new = set(children_of(waiting.pop())) - found
        found |= new
        waiting += new
    resident = sum(_resident(pid) for pid in found)
    if resident > enough:
        resident = sum(_share(pid) for pid in found)
    return Use(len(found), resident)


def memory_is_short() -> bool:
    """Whether what the machine can give out without swapping is less than what it must keep.

    A limit of a container's own is not seen here.
    """
    file = Path("/proc/meminfo")
    return _fields(file, ("MemAvailable:",)) < min(MAX_RESERVE, _fields(file, ("MemTotal:",)) // 8)


def scratch_is_full(scratch: Path) -> bool:
    """Whether there are more files or bytes than a program may leave there, or paths that are too long to look at."""
    files, size, waiting = 0, 0, [str(scratch)]
    while waiting:
        folder = waiting.pop()
        try:
            with contextlib.suppress(FileNotFoundError), _opened(folder) as entries:
                for entry in entries:
                    files += 1
                    with contextlib.suppress(OSError):
                        size += entry.stat(follow_symlinks=False).st_blocks * 512
                        if entry.is_dir(follow_symlinks=False):
                            waiting.append(entry.path)
                    if files > MAX_FILES or size > MAX_SCRATCH_BYTES:
                        return True
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:
                return True
    return False


def _opened(folder: str) -> AbstractContextManager[Iterator[os.DirEntry[str]]]:
    """Its entries, also where its owner kept them from being listed."""
    try:
        return os.scandir(folder)
    except PermissionError:
        Path(folder).chmod(0o700)
        return os.scandir(folder)


def _resident(pid: int | str) -> int:
    return _fields(Path(f"/proc/{pid}/status"), ("RssAnon:", "RssShmem:"))


def _share(pid: int) -> int:
    """As `_resident`, but a page that n processes share counts for one nth."""
    return _fields(Path(f"/proc/{pid}/smaps_rollup"), ("Pss_Anon:", "Pss_Shmem:"))


def _fields(path: Path, names: tuple[str, ...]) -> int:
    """The sum of some lines in kB, as bytes; 0 where the process has ended."""
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) << 10 for line in lines if line.startswith(names))
