"""The system calls of the layers that Python's standard library does not offer, through ctypes.

Numbers and constants are those of Linux's UAPI headers (linux/prctl.h, linux/sched.h, linux/capability.h).
"""

from __future__ import annotations

import ctypes
import os

CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38
_CAPABILITY_VERSION_3 = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True)


def checked(result: int, what: str) -> int:
    """`result`, or OSError with the C library's errno where it is negative."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def syscall(number: int, *arguments: object) -> int:
    """A system call by number.  Raises OSError."""
    return checked(_libc.syscall(ctypes.c_long(number), *arguments), f"system call {number}")


def prctl(option: int, *arguments: int) -> int:
    """Raises OSError."""
    return checked(_libc.prctl(option, *(ctypes.c_ulong(a) for a in arguments)), f"prctl {option}")


def unshare(flags: int) -> None:
    """Leave the namespaces that `flags` names for new ones.  Raises OSError."""
    checked(_libc.unshare(flags), "unshare")


def setns(fd: int, flags: int) -> None:
    """Enter the namespace behind `fd`.  Raises OSError."""
    checked(_libc.setns(fd, flags), "setns")


def die_with_parent(signal: int) -> None:
    """Ask for `signal` when the parent ends."""
    prctl(_PR_SET_PDEATHSIG, signal, 0, 0, 0)


def adopt_orphans() -> None:
    """Make this process the parent of descendants whose own parent ends."""
    prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def show_memory(to_others: bool) -> None:
    """Whether processes of the same user may read this one's memory and environment; forks inherit it."""
    prctl(_PR_SET_DUMPABLE, int(to_others), 0, 0, 0)


def drop_privileges() -> None:
    """Give up all capabilities, and those that a program's file would bring."""
    prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    checked(_libc.capset(header, nothing), "capset")
