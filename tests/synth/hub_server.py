"""A stand-in for the Hugging Face hub: what its client asks for when a dataset is uploaded, over HTTP.

Endpoints as huggingface_hub 2.4 calls them: repository, preupload, LFS batch and objects, commit, tree.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

TOKEN = "hf_" + "s3cret" * 5


@dataclass
class Hub:
    """What it holds, what it saw, and how it answers."""

    address: str = ""
    repos: dict[str, bool] = field(default_factory=dict)  # whether each is private
    files: dict[str, bytes] = field(default_factory=dict)
    objects: dict[str, bytes] = field(default_factory=dict)
    commits: list[list[dict[str, Any]]] = field(default_factory=list)
    requests: list[tuple[str, str]] = field(default_factory=list)
    refuse: int = 0  # answers everything with this status
    refuse_from: str = ""  # only requests with this in their path


@contextmanager
def hub() -> Iterator[Hub]:
    """A hub that listens until the block ends."""
    state = Hub()

    class Handler(_Handler):
        held = state

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    held: ClassVar[Hub]
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Nothing on the tests' output."""

    def do_GET(self) -> None:
        self._handle(b"")

    def do_POST(self) -> None:
        self._handle(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def do_PUT(self) -> None:
        self.do_POST()

    def _handle(self, body: bytes) -> None:
        state, path = self.held, self.path.partition("?")[0]
        state.requests.append((self.command, path))
        if state.refuse and state.refuse_from in path:
            self._answer(state.refuse, {"error": f"no, {self.headers.get('Authorization')}"})
        elif path.startswith("/objects/"):
            state.objects[path.removeprefix("/objects/")] = body
            self._answer(200, {})
        elif self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self._answer(401, {"error": "Invalid username or password."})
        elif path == "/api/repos/create":
            self._create(json.loads(body))
        elif path == "/api/validate-yaml":
            self._answer(200, {"errors": [], "warnings": []})
        elif "/preupload/" in path:
            asked = json.loads(body)["files"]
            modes = {True: "lfs", False: "regular"}
            files = [
                {"path": f["path"], "uploadMode": modes[f["path"].endswith(".parquet")], "shouldIgnore": False}
                for f in asked
            ]
            self._answer(200, {"files": files})
        elif path.endswith("/info/lfs/objects/batch"):
            self._answer(200, {"transfer": "basic", "objects": list(map(self._place, json.loads(body)["objects"]))})
        elif "/commit/" in path:
            self._commit(path.split("/")[3:5], [json.loads(line) for line in body.splitlines()])
        elif "/tree/" in path:
            self._answer(
                200, [{"type": "file", "path": p, "size": len(c), "oid": "0" * 40} for p, c in state.files.items()]
            )
        elif path.startswith("/api/datasets/"):
            named = [{"rfilename": name} for name in state.files]
            self._answer(200, {"id": path.removeprefix("/api/datasets/"), "sha": "0" * 40, "siblings": named})
        else:
            self._answer(404, {"error": "no such endpoint"})

    def _create(self, asked: dict[str, Any]) -> None:
        name = f"{asked['organization']}/{asked['name']}"
        status = 409 if name in self.held.repos else 200
        if status == 200:
            self.held.repos[name] = asked.get("visibility") == "private" or asked.get("private") is True
        self._answer(status, {"url": f"{self.held.address}/datasets/{name}", "error": "it exists"})

    def _place(self, wanted: dict[str, Any]) -> dict[str, Any]:
        upload = {"href": f"{self.held.address}/objects/{wanted['oid']}", "header": {}}
        return {**wanted, "actions": {"upload": upload}}

    def _commit(self, name: list[str], lines: list[dict[str, Any]]) -> None:
        self.held.commits.append(lines)
        for line in lines:
            value = line["value"]
            if line["key"] == "file":
                self.held.files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                content = self.held.objects[value["oid"]]
                assert sha256(content).hexdigest() == value["oid"]
                self.held.files[value["path"]] = content
            elif line["key"] == "deletedFile":
                del self.held.files[value["path"]]
        address = f"{self.held.address}/datasets/{'/'.join(name)}/commit/{'1' * 40}"
        self._answer(200, {"commitUrl": address, "commitOid": "1" * 40})

    def _answer(self, status: int, content: Any) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
