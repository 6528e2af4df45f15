"""A server on loopback that says what a test wants, over real sockets, and keeps what it was asked."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from synth.providers import Message, Request

REQUEST = Request(
    sample=3,
    attempt=1,
    pattern=("Linear", "ReLU"),
    class_name="SynthModel_Linear_ReLU",
    seed=7,
    temperature=0.7,
    messages=(
        Message("system", "You write PyTorch modules."),
        Message("user", "Apply Linear, then ReLU."),
        Message("assistant", "```python\nnot right\n```"),
        Message("user", "That failed: repair it."),
    ),
    max_output_tokens=321,
)


@dataclass
class Stub:
    """`replies` are given in turn, the last one again and again."""

    url: str
    replies: list[tuple[int, Mapping[str, str], bytes]]
    asked: list[tuple[str, Mapping[str, str], Any]] = field(default_factory=list)  # path, headers, body


@asynccontextmanager
async def stub(*replies: object) -> AsyncIterator[Stub]:
    """A reply is a body, or (status, body), or (status, headers, body); what is not bytes goes as JSON."""
    server = Stub("", [_reply(reply) for reply in replies])

    async def handle(request: web.BaseRequest) -> web.Response:
        raw = await request.read()
        asked = json.loads(raw) if raw.startswith(b"{") else raw.decode()
        server.asked.append((request.path, request.headers, asked))
        status, headers, body = server.replies[min(len(server.asked), len(server.replies)) - 1]
        return web.Response(status=status, headers={"content-type": "application/json", **headers}, body=body)

    runner = web.ServerRunner(web.Server(handle))
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield server
    finally:
        await runner.cleanup()


def _reply(reply: object) -> tuple[int, Mapping[str, str], bytes]:
    status, headers, body = 200, {}, reply
    if isinstance(reply, tuple):
        status, *rest = reply
        headers, body = rest if len(rest) == 2 else ({}, rest[0])
    return status, headers, body if isinstance(body, bytes) else json.dumps(body).encode()
