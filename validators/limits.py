"""What one program's process may take: memory, CPU, files; and that it dies with its parent."""

from __future__ import annotations

import ctypes
import math
import os
import resource
import signal
from pathlib import Path

from validators.verdict import Settings, Stage

MAX_FILE_BYTES = 64 << 20
MAX_OPEN_FILES = 256
MAX_PROCESSES = 4096  # counts all the user's processes; root is exempt
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_PR_SET_CHILD_SUBREAPER = 36


def memory_budget(settings: Settings) -> int:
    """Bytes a program may add to the warm process's address space.

    Twice the tensors it may hold (torch keeps freed blocks, and the eager stage keeps copies), and 2 GiB for the
    compiler.
    """
    return 2 * settings.max_tensor_bytes + (2 << 30)


def apply(settings: Settings) -> None:
    """Limit this process for good.

    Where programs run on a CUDA device (stage LAUNCH) address space is not limited: the driver maps hundreds of
    gigabytes that nobody uses.

    RLIMIT_AS counts from what the warm process already has mapped: an absolute limit would have to be guessed per
    machine.
    """
    if Stage.LAUNCH not in settings.stages:
        _set(resource.RLIMIT_AS, _mapped() + memory_budget(settings))
    seconds = math.ceil(settings.validation_timeout)
    _set(resource.RLIMIT_CPU, seconds, seconds + 5)  # SIGXCPU, and SIGKILL for a program that ignores it
    _set(resource.RLIMIT_FSIZE, MAX_FILE_BYTES)
    _set(resource.RLIMIT_NOFILE, MAX_OPEN_FILES)
    _set(resource.RLIMIT_NPROC, MAX_PROCESSES)
    _set(resource.RLIMIT_CORE, 0)


def _mapped() -> int:
    """Bytes of address space this process has."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * resource.getpagesize()


def _set(which: int, soft: int, hard: int | None = None) -> None:
    _, ceiling = resource.getrlimit(which)
    hard = soft if hard is None else hard
    if ceiling != resource.RLIM_INFINITY:
        soft, hard = min(soft, ceiling), min(hard, ceiling)
    resource.setrlimit(which, (soft, hard))


def die_with_parent(parent: int, how: signal.Signals = signal.SIGKILL) -> None:
    """Ask the kernel for signal `how` when `parent` dies; leave at once if it is dead already."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, how)
    if os.getppid() != parent:
        os._exit(1)


def adopt_orphans() -> None:
    """Make this process the parent of descendants whose own parent ends."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)


def children_of_this_process() -> set[int]:
    """Process ids of the direct children; empty where the kernel was built without that file."""
    try:
        return set(map(int, Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()))
    except OSError:
        return set()
