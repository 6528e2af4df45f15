"""Sends an answer, or what a broken network and a broken server make of it."""

from __future__ import annotations

import asyncio
import socket
import struct

from aiohttp import web

from synth.mock_server.exchange import Wire

_PIECES = 20  # of a body that trickles in
_GATEWAY_PAGE = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
#: ends a connection at once, with RST, whatever is still to be sent (SO_LINGER in socket(7))
_LINGER_NONE = struct.pack("ii", 1, 0)


def whole(wire: Wire) -> web.Response:
    """The response as it should be."""
    return web.Response(body=wire.body, status=wire.status, headers=wire.headers, content_type=wire.content_type)


def gateway() -> web.Response:
    """What a proxy says when the server behind it is gone."""
    return web.Response(body=_GATEWAY_PAGE, status=502, content_type="text/html")


def malformed(wire: Wire) -> web.Response:
    """Half of the JSON as if it were all."""
    return web.Response(body=wire.body[: len(wire.body) // 2], status=wire.status, content_type=wire.content_type)


def reset(request: web.BaseRequest) -> web.Response:
    """Nothing: the connection is reset."""
    if (transport := request.transport) is not None:
        if (connected := transport.get_extra_info("socket")) is not None:
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NONE)
        transport.abort()
    return web.Response()


async def truncated(request: web.BaseRequest, wire: Wire) -> web.StreamResponse:
    """Half of the announced body, then the end of the connection."""
    response = await _begin(request, wire)
    await response.write(wire.body[: len(wire.body) // 2])
    if request.transport is not None:
        request.transport.close()
    return response


async def dripping(request: web.BaseRequest, wire: Wire, seconds: float) -> web.StreamResponse:
    """The whole body, piece after piece."""
    response = await _begin(request, wire)
    size = -(-len(wire.body) // _PIECES)
    for start in range(0, len(wire.body), size):
        await asyncio.sleep(seconds / _PIECES)
        await response.write(wire.body[start : start + size])
    await response.write_eof()
    return response


async def _begin(request: web.BaseRequest, wire: Wire) -> web.StreamResponse:
    response = web.StreamResponse(status=wire.status, headers=wire.headers)
    response.content_type = wire.content_type
    response.content_length = len(wire.body)
    await response.prepare(request)
    return response
