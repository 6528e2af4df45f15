"""Starts and stops the mock server; aiohttp is imported only when one starts."""

from __future__ import annotations

import resource
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any

from synth.errors import UsageError
from synth.mock_server.behaviour import Behaviour

if TYPE_CHECKING:
    from synth.mock_server.http import Http

_BACKLOG = 1 << 14  # clients begin with thousands of connections at once; the kernel lowers it to its own limit
_LONGEST_BODY = 512 << 20  # bytes; OpenAI's files may be that long


class MockServer:
    """A server on loopback:

    async with MockServer(Behaviour(latency="0.5", requests_per_second=((0, 5), (10, 1)))) as server:
        client = openai.AsyncOpenAI(base_url=server.openai_url, api_key="any")
        google = genai.Client(api_key="any", http_options=types.HttpOptions(base_url=server.gemini_url))
        ...
        server.stats()["answered"]
    """

    def __init__(self, behaviour: Behaviour | None = None, port: int = 0) -> None:
        self._behaviour = behaviour or Behaviour()
        self._port = port
        self._http: Http | None = None
        self._runner: Any = None

    async def __aenter__(self) -> MockServer:
        import asyncio

        from aiohttp import web

        from synth.mock_server.http import Http

        allow_many_connections()
        self._http = Http(self._behaviour)
        request = partial(web.BaseRequest, loop=asyncio.get_running_loop(), client_max_size=_LONGEST_BODY)
        # Clients that leave cancel their requests, or the count of those in flight would not be true.
        server = web.Server(self._http.handle, request_factory=request, handler_cancellation=True, access_log=None)
        self._runner = web.ServerRunner(server, shutdown_timeout=0)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, "127.0.0.1", self._port, backlog=_BACKLOG).start()
        except OSError as error:
            await self._runner.cleanup()
            raise UsageError(f"port={self._port}: cannot be used ({error.strerror}).") from None
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._http is not None
        self._http.close()
        await self._runner.cleanup()

    @property
    def address(self) -> str:
        """`http://127.0.0.1:PORT`."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def openai_url(self) -> str:
        """What the openai SDK takes as `base_url`."""
        return f"{self.address}/v1"

    @property
    def gemini_url(self) -> str:
        """What the google-genai SDK takes as `HttpOptions.base_url`."""
        return self.address

    def stats(self) -> dict[str, Any]:
        """What `GET /mock/stats` says."""
        assert self._http is not None
        return self._http.stats()

    def reset(self) -> None:
        """What `POST /mock/reset` does."""
        assert self._http is not None
        self._http.reset()


def allow_many_connections() -> None:
    """Raises the soft limit of open files to the hard one: each connection is a file."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
