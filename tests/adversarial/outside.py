"""The world around programs, with everything in it that a program must not touch, and a way to see whether one did."""

from __future__ import annotations

import contextlib
import os
import secrets
import selectors
import socket
import subprocess
import threading
import time
from pathlib import Path

PREFIX = (
    "planted-key-"  # programs that search for the key look for this, put together so that they don't find themselves
)
OLD = 1_000_000_000.0  # seconds since the epoch, of every file here


class Outside:
    """Files, sockets, a process and a key.  Each attack has a place of its own, so that harm has a name."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.token = secrets.token_hex(8)
        self.key = PREFIX + self.token
        self.heard: list[str] = []  # what arrived at the sockets
        self._before: dict[str, dict[str, tuple[int, float, bytes]]] = {}
        self._bystander = subprocess.Popen(
            ["sleep", "3600"], env={"KEY": self.key}, start_new_session=True, stdout=subprocess.DEVNULL
        )
        self._stop, self._stopped = socket.socketpair()
        self._tcp = socket.create_server(("127.0.0.1", 0))
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(("127.0.0.1", 0))
        self._path = socket.socket(socket.AF_UNIX)
        self._path.bind(str(root / "socket"))
        self._abstract = socket.socket(socket.AF_UNIX)
        self._abstract.bind(f"\0synth-{self.token}")
        for server in (self._path, self._abstract):
            server.listen()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def place(self, name: str) -> Path:
        """The folder of the attack `name`, made when first asked for."""
        folder = self.root / name
        if name not in self._before:
            (folder / ".ssh").mkdir(parents=True)
            for file in ("target.txt", ".env", ".ssh/id_test"):
                (folder / file).write_text(self.key)
            for path in [*folder.rglob("*"), folder]:
                os.utime(path, (OLD, OLD))
            self._before[name] = _state(folder)
        return folder

    def places(self) -> list[str]:
        """The attacks that have one."""
        return list(self._before)

    def written(self, source: str, name: str) -> str:
        """An attack's text with the places of this world in it."""
        values = {
            "@PLACE@": str(self.place(name)),
            "@TCP@": str(self._tcp.getsockname()[1]),
            "@UDP@": str(self._udp.getsockname()[1]),
            "@SOCKET@": str(self.root / "socket"),
            "@ABSTRACT@": f"synth-{self.token}",
            "@BYSTANDER@": str(self._bystander.pid),
            "@PRODUCT@": str(os.getpid()),
            "@MARK@": f"{name}-{self.token}",
        }
        for key, value in values.items():
            source = source.replace(key, value)
        return source

    def harm(self, name: str) -> list[str]:
        """What the attack did here; nothing, unless something is broken."""
        mark = f"{name}-{self.token}"
        found = [f"sent {text!r}" for text in self.heard if mark in text]
        now = _state(self.root / name)
        found += [
            f"changed {path}"
            for path in now.keys() | self._before[name]
            if now.get(path) != self._before[name].get(path)
        ]
        found += [f"left process {pid}" for pid in running(mark)]
        if self._bystander.poll() is not None:
            found.append("killed the bystander")
        return found

    def close(self) -> None:
        """End what was started."""
        self._stop.close()
        self._listener.join()
        self._bystander.kill()
        self._bystander.wait()
        for end in (self._tcp, self._udp, self._path, self._abstract, self._stopped):
            end.close()

    def _listen(self) -> None:
        selector = selectors.DefaultSelector()
        for end in (self._tcp, self._udp, self._path, self._abstract, self._stopped):
            selector.register(end, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                end: socket.socket = key.fileobj  # type: ignore[assignment]
                if end is self._stopped:
                    return
                with contextlib.suppress(OSError):
                    self.heard.append(_received(end) if end.type == socket.SOCK_DGRAM else _accepted(end))


def _received(end: socket.socket) -> str:
    return end.recv(1000).decode(errors="replace")


def _accepted(server: socket.socket) -> str:
    connection, _ = server.accept()
    with connection:
        connection.settimeout(2)
        return connection.recv(1000).decode(errors="replace")


def _state(folder: Path) -> dict[str, tuple[int, float, bytes]]:
    """Mode, time of change and content of every file."""
    found = {}
    for path in [folder, *folder.rglob("*")]:
        status = path.lstat()
        content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
        found[str(path)] = (status.st_mode, status.st_mtime, content)
    return found


def running(mark: str) -> list[int]:
    """Processes whose command line holds `mark`, zombies left out: they have none."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                if mark in (entry / "cmdline").read_text(errors="replace"):
                    found.append(int(entry.name))
    return found


def wait_until_gone(mark: str, seconds: float = 5.0) -> list[int]:
    """`running(mark)`, after up to `seconds` for them to end."""
    end = time.monotonic() + seconds
    while (left := running(mark)) and time.monotonic() < end:
        time.sleep(0.05)
    return left
