"""Forked processes of the warm process: held by the layers, watched from outside, ended with all they started."""

from __future__ import annotations

import contextlib
import fcntl
import gc
import os
import resource
import signal
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from validators.containment.enter import May, Plan, enter
from validators.containment.pid_namespace import First, PidNamespaces
from validators.containment.watch import children_of
from validators.processes.scratch import remove_tree
from validators.verdict import Settings

FIRST_FREE = 3  # the first descriptor after the standard streams
_ALL_DESCRIPTORS = 1 << 20


@dataclass
class Process:
    """One of them.  `first` is process 1 of its PID namespace, where it has one of its own."""

    pid: int
    scratch: Path
    first: First | None

    @property
    def roots(self) -> list[int]:
        """The processes that everything it starts descends from."""
        return [self.pid] if self.first is None else [self.pid, self.first.pid]

    def kill(self) -> None:
        """End it and its process group."""
        for kill, target in ((os.killpg, self.pid), (os.kill, self.pid)):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                kill(target, signal.SIGKILL)

    def ended(self) -> bool:
        """Whether it has ended by itself or by `kill`."""
        # WNOWAIT leaves the zombie in place: its process group can still be killed before the number is reused.
        flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, self.pid, flags) is not None

    def remove(self) -> tuple[int, resource.struct_rusage]:
        """End what is left, remove its scratch; its wait status and what it used."""
        self.kill()
        _, status, usage = os.wait4(self.pid, 0)
        if self.first is not None:
            self.first.end()
        remove_tree(self.scratch)
        return status, usage


class Forks:
    """Makes them."""

    def __init__(self, plan: Plan, settings: Settings, namespaces: PidNamespaces | None) -> None:
        self.plan = plan
        self.settings = settings
        self._namespaces = namespaces

    def fork(self, descriptors: list[int], body: Callable[[], None], may: May) -> Process:
        """A process that runs `body` with `descriptors` as 3, 4, ... and nothing else open.  Raises OSError."""
        parent = os.getpid()
        with contextlib.ExitStack() as undo:
            # Nowhere else: what lies in our own directory is removed with it.
            scratch = Path(tempfile.mkdtemp(prefix="program-", dir=os.environ["TMPDIR"]))
            undo.callback(scratch.rmdir)
            first = None
            if self._namespaces is not None:
                first = self._namespaces.open()
                undo.callback(first.end)
            try:
                pid = os.fork()
            finally:
                if self._namespaces is not None:  # in the child it may fail: nothing more is born there
                    with contextlib.suppress(OSError):
                        self._namespaces.leave()
            undo.pop_all()
        if pid == 0:
            self._run(descriptors, body, scratch, parent, may)
        return Process(pid, scratch, first)

    def _run(self, descriptors: list[int], body: Callable[[], None], scratch: Path, parent: int, may: May) -> None:
        """In the forked process.  Never returns."""
        status = 1
        try:
            os.setsid()
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            _keep_only(descriptors)
            os.chdir(scratch)
            os.environ.update(
                TMPDIR=str(scratch),
                HOME=str(scratch),
                TORCHINDUCTOR_CACHE_DIR=str(scratch / "inductor"),
                TRITON_CACHE_DIR=str(scratch / "triton"),
            )
            tempfile.tempdir = str(scratch)
            os.umask(0o077)
            enter(self.plan, self.settings, scratch, parent, may)
            gc.disable()  # the process ends before garbage could matter; 15 % of a compilation's time
            body()
            status = 0
        finally:
            os._exit(status)


def _keep_only(descriptors: list[int]) -> None:
    """Make `descriptors` 3, 4, ..., the standard streams /dev/null, and close all others."""
    # First out of the way of the numbers they are to get.
    apart = [fcntl.fcntl(fd, fcntl.F_DUPFD, FIRST_FREE + len(descriptors)) for fd in descriptors]
    null = os.open(os.devnull, os.O_RDWR)
    for fd in range(FIRST_FREE):
        os.dup2(null, fd)
    for number, fd in enumerate(apart, start=FIRST_FREE):
        os.dup2(fd, number)
    os.closerange(FIRST_FREE + len(apart), _ALL_DESCRIPTORS)


def end_orphans(known: set[int]) -> None:
    """Kill children of this process that are not `known`: what programs left behind; and their children in turn."""
    while orphans := set(children_of("self")) - known:
        for orphan in orphans:
            with contextlib.suppress(ProcessLookupError):
                os.kill(orphan, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(orphan, 0)
