"""A PID namespace for each program, at the price of two system calls and a small process.

The warm process has the privilege for it in its own user namespace.  What it forks next is in the new namespace but
still its child, so that its real exit status is known; process 1 there is `cat` on a pipe that nobody writes to.  When
it is killed the kernel kills everything else in the namespace.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
from dataclasses import dataclass

from validators.containment import kernel


@dataclass
class First:
    """Process 1 of a namespace, and the pipe whose end would end it."""

    pid: int
    pipe: int

    def end(self) -> None:
        """Kill every process of the namespace and wait until they are gone."""
        os.close(self.pipe)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.pid, 0)


class PidNamespaces:
    """Makes them.  Raises OSError where this process may not."""

    def __init__(self) -> None:
        self._own = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
        found = shutil.which("cat")
        if found is None:
            raise FileNotFoundError("no cat to run as a namespace's first process")
        self._cat = found
        self.open().end()
        self.leave()

    def open(self) -> First:
        """A new namespace, into which this process's children are born until it `leave`s.  Raises OSError."""
        reader, writer = os.pipe()
        try:
            null = os.open(os.devnull, os.O_WRONLY)
            try:
                kernel.unshare(kernel.CLONE_NEWPID)
                actions = [(os.POSIX_SPAWN_DUP2, reader, 0), *((os.POSIX_SPAWN_DUP2, null, fd) for fd in (1, 2))]
                return First(os.posix_spawn(self._cat, ["cat"], {}, file_actions=actions), writer)
            finally:
                os.close(null)
        except OSError:
            os.close(writer)
            self.leave()
            raise
        finally:
            os.close(reader)

    def leave(self) -> None:
        """This process's next children are born into its own namespace again."""
        kernel.setns(self._own, kernel.CLONE_NEWPID)
