"""Which layers hold: a process that is held as a program is tries what each of them has to stop.

Effects are tested, not versions: kernels carry back-ported interfaces without what belongs to them, and a container's
own filter may refuse a call or ignore it.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import socket
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path

from validators.containment import kernel, watch
from validators.containment.enter import May, Plan, enter
from validators.containment.layers import Layer
from validators.containment.limits import MAX_FILE_BYTES
from validators.containment.pid_namespace import PidNamespaces
from validators.verdict import Settings

Attempt = Callable[[], object]


def missing(plan: Plan, settings: Settings, namespaces: PidNamespaces | None, no_pid: str) -> dict[Layer, str]:
    """For each layer why it does not hold; empty where it does.  `no_pid` is why `namespaces` is None."""
    found = dict.fromkeys(Layer, "")
    found[Layer.NAMESPACES] = plan.no_namespaces or _seen_outside(plan)
    found |= _asked_in_child(plan, settings, namespaces)
    if namespaces is None:
        found[Layer.PID_NAMESPACE] = no_pid
    if Layer.WATCH in plan.without:
        found[Layer.WATCH] = "left out"
    elif not watch.works():
        found[Layer.WATCH] = "/proc does not list a process's children"
    return found


def _seen_outside(plan: Plan) -> str:
    """What a process inside bubblewrap sees of the machine; empty when it is nothing."""
    if Path(plan.outside).exists():
        return f"{plan.outside} is visible"
    interfaces = [name for _, name in socket.if_nameindex() if name != "lo"]
    if interfaces:
        return f"network interface {interfaces[0]} is visible"
    try:
        Path("/usr/synth-probe").write_text("")
    except OSError:
        return ""
    return "the root can be written to"


def _asked_in_child(plan: Plan, settings: Settings, namespaces: PidNamespaces | None) -> dict[Layer, str]:
    reader, writer = os.pipe()
    parent = os.getpid()
    with tempfile.TemporaryDirectory(prefix="probe-") as folder:
        beside = Path(folder) / "beside"
        beside.write_text("not the program's")
        scratch = Path(folder) / "own"
        scratch.mkdir()
        first = namespaces.open() if namespaces is not None else None
        try:
            pid = os.fork()
            if pid == 0:
                _answer(plan, settings, scratch, beside, parent, writer)
            os.close(writer)
            said = b""
            while data := os.read(reader, 1 << 16):
                said += data
            os.close(reader)
            os.waitpid(pid, 0)
        finally:
            if first is not None and namespaces is not None:
                first.end()
                namespaces.leave()
    try:
        return {Layer(name): cause for name, cause in json.loads(said).items()}
    except ValueError:
        cause = f"the self-test ended early ({said.decode(errors='replace')[-200:]})"
        return dict.fromkeys((Layer.LANDLOCK, Layer.SECCOMP, Layer.LIMITS), cause)


def _answer(plan: Plan, settings: Settings, scratch: Path, beside: Path, parent: int, writer: int) -> None:
    """In the forked process.  Never returns."""
    try:
        os.chdir(scratch)
        enter(plan, settings, scratch, parent, May())
        found = {
            Layer.LANDLOCK: _first_done(
                {
                    "a file beside the scratch was read": beside.read_text,
                    "a file beside the scratch was written": lambda: beside.write_text("changed"),
                    "a file beside the scratch was removed": beside.unlink,
                }
            ),
            Layer.SECCOMP: _first_done(
                {
                    "an anonymous file was made": lambda: os.memfd_create("probe"),
                    "a socket was made": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
                    "a namespace was made": lambda: kernel.unshare(kernel.CLONE_NEWUSER),
                    "a process was made": _fork,
                    "the parent was signalled": lambda: os.kill(os.getppid(), 0),
                }
            ),
            Layer.LIMITS: _first_done({"a file grew past its limit": lambda: _grow(scratch / "large")}),
        }
        if _capabilities():
            found[Layer.SECCOMP] = "capabilities are left"
        if os.getppid() != 0:
            found[Layer.PID_NAMESPACE] = "other processes are visible"
        os.write(writer, json.dumps(found).encode())
    except BaseException:
        os.write(writer, traceback.format_exc().encode()[-4000:])
    finally:
        os._exit(0)


def _first_done(attempts: dict[str, Attempt]) -> str:
    """What could be done of what must not; empty when nothing could."""
    for what, attempt in attempts.items():
        try:
            attempt()
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EPERM, errno.EFBIG):
                continue
            return f"{what}: {error}"
        return what
    return ""


def _fork() -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)


def _grow(path: Path) -> None:
    with path.open("wb") as file:
        os.ftruncate(file.fileno(), MAX_FILE_BYTES + 1)


def _capabilities() -> bool:
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    found = (ctypes.c_uint32 * 6)()
    kernel.checked(ctypes.CDLL(None).capget(header, found), "capget")
    return any(found)
