"""`.mock_server`: a server that speaks the OpenAI and Gemini protocols, with faults on demand."""

from __future__ import annotations

import asyncio
from typing import Any

from synth.errors import DONE
from synth.mock_server import Behaviour, MockServer
from synth.run.signals import stopping


def run(given: dict[str, Any]) -> int:
    """Serves until Ctrl-C or SIGTERM; the exit code.  Prints the address once it can be called."""
    port = given.pop("port", 0)
    return asyncio.run(_serve(Behaviour(**given), port))


async def _serve(behaviour: Behaviour, port: int) -> int:
    with stopping() as stop:
        async with MockServer(behaviour, port) as server:
            print(server.address, flush=True)
            await stop.wait()
    return DONE
