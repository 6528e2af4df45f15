"""A filter of system calls, assembled here and given to the kernel in one call.

Encoding: linux/bpf_common.h, linux/seccomp.h, linux/audit.h; only the low 32 bits of arguments are looked at, which is
where flags and process ids are.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Iterable

from validators.containment import kernel, system_calls

_LOAD, _JUMP_EQ, _JUMP_GE, _JUMP_SET, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERRNO, _KILL_PROCESS = 0x7FFF0000, 0x00050000, 0x80000000
_NUMBER, _ARCHITECTURE, _ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data
_X32 = 0x40000000  # the bit that marks calls of x86-64's other ABI

_PR_SET_SECCOMP, _MODE_FILTER = 22, 2
# CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET of linux/sched.h
_NEW_NAMESPACES = 0x7E020000
_THREAD = 0x00010000  # CLONE_THREAD
# PR_SET_DUMPABLE, PR_SET_MM, PR_SET_PTRACER of linux/prctl.h: who may look into a process
_REFUSED_PRCTL = (4, 35, 0x59616D61)

#: machine name: AUDIT_ARCH_* of linux/audit.h, column of the tables
_MACHINES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_char_p)]


def _instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


def _fail(number: int) -> bytes:
    return _instruction(_RETURN, _ERRNO | number)


def _when(call: int, block: bytes) -> bytes:
    """`block`, which returns on every path, for one call."""
    return _instruction(_JUMP_EQ, call, 0, len(block) // 8) + block


def _unless_in(argument: int, values: Iterable[int], then: bytes, otherwise: bytes) -> bytes:
    """`otherwise` where the argument is one of `values`, `then` where not; both are one instruction."""
    values = list(values)
    tests = [_instruction(_JUMP_EQ, v, len(values) - i, 0) for i, v in enumerate(values)]
    return _instruction(_LOAD, _ARGUMENT + 8 * argument) + b"".join(tests) + then + otherwise


def assemble(machine: str, own_pid: int, may_fork: bool) -> bytes:
    """The filter for a process, which may start others or threads only.

    Raises OSError(ENOSYS) for a machine whose numbers are not known.
    """
    if machine not in _MACHINES:
        raise OSError(errno.ENOSYS, f"no system call numbers for {machine}")
    architecture, column = _MACHINES[machine]
    allow, refuse = _instruction(_RETURN, _ALLOW), _fail(errno.EPERM)
    parts = [
        _instruction(_LOAD, _ARCHITECTURE),
        _instruction(_JUMP_EQ, architecture, 1, 0),
        _instruction(_RETURN, _KILL_PROCESS),
        _instruction(_LOAD, _NUMBER),
    ]
    if machine == "x86_64":
        parts += [_instruction(_JUMP_GE, _X32, 0, 1), _fail(errno.ENOSYS)]

    def numbers(table: Iterable[system_calls.Numbers]) -> list[int]:
        return [number for row in table if (number := row[column]) is not None]

    for number in numbers(system_calls.ABSENT.values()):
        parts.append(_when(number, _fail(errno.ENOSYS)))
    flags = _instruction(_LOAD, _ARGUMENT) + _instruction(_JUMP_SET, _NEW_NAMESPACES, 0, 1) + refuse
    if not may_fork:
        flags += _instruction(_JUMP_SET, _THREAD, 1, 0) + refuse
        parts += [_when(number, refuse) for number in numbers(system_calls.FORKING.values())]
    flags += allow
    (clone,), (prctl,), (prlimit,) = (
        numbers([row]) for row in (system_calls.CLONE, system_calls.PRCTL, system_calls.PRLIMIT)
    )
    parts += [
        _when(clone, flags),
        _when(prctl, _unless_in(0, _REFUSED_PRCTL, allow, refuse)),
        _when(prlimit, _unless_in(0, (0, own_pid), refuse, allow)),
    ]
    parts += [
        _when(number, _unless_in(0, (own_pid,), refuse, allow)) for number in numbers(system_calls.SIGNALLING.values())
    ]
    parts += [_when(number, refuse) for number in numbers(system_calls.REFUSED.values())]
    return b"".join([*parts, allow])


def install(may_fork: bool) -> None:
    """Filter this process and all it starts, for good.  Needs no_new_privs.  Raises OSError."""
    code = assemble(platform.machine(), os.getpid(), may_fork)
    program = _Program(len(code) // 8, code)
    kernel.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.addressof(program), 0, 0)
