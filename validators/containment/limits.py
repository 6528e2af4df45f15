"""What each process of a program may take: memory, CPU time, files, processes."""

from __future__ import annotations

import math
import resource
from pathlib import Path

from validators.verdict import Settings

MAX_FILE_BYTES = 64 << 20
MAX_OPEN_FILES = 256
MAX_TASKS = 128  # processes and threads of one program, where it has a user namespace of its own
MAX_USER_TASKS = 4096  # elsewhere the kernel counts all the user's; root is exempt from both


def memory_budget(settings: Settings) -> int:
    """Bytes a program may add to the warm process's address space.

    Twice the tensors it may hold (torch keeps freed blocks, and the eager stage keeps copies), and 2 GiB for the
    compiler.
    """
    return 2 * settings.max_tensor_bytes + (2 << 30)


def apply(settings: Settings, own_namespace: bool, cuda: bool) -> None:
    """Limit this process for good.

    With `cuda` address space is not limited: the driver maps hundreds of gigabytes that nobody uses.

    RLIMIT_AS counts from what the warm process already has mapped: an absolute limit would have to be guessed per
    machine.
    """
    if not cuda:
        _set(resource.RLIMIT_AS, _mapped() + memory_budget(settings))
    seconds = math.ceil(settings.validation_timeout)
    _set(resource.RLIMIT_CPU, seconds, seconds + 5)  # SIGXCPU, and SIGKILL for a program that ignores it
    _set(resource.RLIMIT_FSIZE, MAX_FILE_BYTES)
    _set(resource.RLIMIT_NOFILE, MAX_OPEN_FILES)
    _set(resource.RLIMIT_NPROC, MAX_TASKS if own_namespace else MAX_USER_TASKS)
    _set(resource.RLIMIT_CORE, 0)
    _set(resource.RLIMIT_MSGQUEUE, 0)


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
