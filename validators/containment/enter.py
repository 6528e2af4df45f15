"""The order in which a forked process gives up what a program must not have.  It cannot be undone."""

from __future__ import annotations

import contextlib
import os
import signal
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from validators.containment import kernel, landlock, limits, seccomp, view
from validators.containment.layers import Layer
from validators.verdict import Settings


@dataclass(frozen=True)
class Plan:
    """What the product process decided and the warm process carries out."""

    without: frozenset[Layer]
    readable: tuple[str, ...]
    outside: str  # a file outside the scratch of every program, which only namespaces hide
    no_namespaces: str  # why the warm process is not inside bubblewrap; empty where it is

    def to_json(self) -> dict[str, Any]:
        """Plain data, for a command line."""
        return asdict(self) | {"without": sorted(self.without), "readable": list(self.readable)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Plan:
        """The inverse of `to_json`."""
        without = frozenset(Layer(name) for name in data["without"])
        return cls(without, tuple(data["readable"]), data["outside"], data["no_namespaces"])


@dataclass(frozen=True)
class May:
    """What only some of the forked processes need.

    Those that may not `fork` are the last of their line, so that no kernel setting has to hold a fork bomb: the ones
    that count processes exempt root.
    """

    fork: bool = False
    cuda: bool = False  # use the machine's CUDA devices


def enter(plan: Plan, settings: Settings, scratch: Path, parent: int, may: May) -> None:
    """Hold this process, a fork of `parent`, to `scratch`; standard streams and pipes are the caller's affair.


    A layer that the machine does not have is left out: `tier` has found that out before.  Raises OSError.
    """
    kernel.show_memory(True)  # inherited; without it what /proc holds of this process is root's
    with contextlib.suppress(OSError):  # the kernel's out-of-memory killer looks here first
        Path("/proc/self/oom_score_adj").write_text("1000")
    contained = not plan.no_namespaces
    if Layer.LIMITS not in plan.without:
        limits.apply(settings, own_namespace=contained, cuda=may.cuda)
    if contained:
        # Only for its own count of processes: nothing is mapped, and its capabilities go next.
        with contextlib.suppress(OSError):
            kernel.unshare(kernel.CLONE_NEWUSER)
    kernel.drop_privileges()
    kernel.die_with_parent(signal.SIGKILL)  # after the change of credentials, which clears it
    if os.getppid() not in (parent, 0):  # 0: the parent is outside of this PID namespace
        os._exit(1)
    if Layer.LANDLOCK not in plan.without:
        devices = [*view.PLAIN_DEVICES, *(view.cuda_devices() if may.cuda else ())]
        readable = [Path(path) for path in plan.readable]
        # CUDA's libraries ask the driver through these, and name their threads.
        readable += [Path("/sys"), Path("/proc")] if may.cuda else []
        with contextlib.suppress(OSError):
            landlock.restrict(readable, [scratch], devices)
    if Layer.SECCOMP not in plan.without:
        with contextlib.suppress(OSError):
            seccomp.install(may.fork)
