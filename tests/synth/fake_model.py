"""Prompted providers that answer without a network: in this process, paced by the real `Asker`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from fake_pool import program_text

from synth.providers import About, Answer, Failure, Request, Usage

Reply = Callable[[Request], Answer | Failure]


def good(request: Request) -> Answer:
    """A program that differs by sample, attempt and conversation."""
    said = sum(len(message.content) for message in request.messages)
    return Answer(
        program_text(f"{request.sample}-{request.attempt}-{said}"),
        usage=Usage(prompt_tokens=1000, cached_tokens=100, output_tokens=500, reasoning_tokens=200),
        model="model-2026-11",
        finish="stop",
    )


class FakeModel:
    """Answers after `seconds`; keeps the requests it got and counts those it has answered."""

    def __init__(self, reply: Reply = good, seconds: float = 0.0, name: str = "fake", model: str = "model") -> None:
        self.about = About(name, model, endpoint=f"{name}.example {model}", prompted=True)
        self.requests: list[Request] = []
        self.in_flight = self.most = 0
        self._reply, self._seconds = reply, seconds

    async def answer(self, request: Request) -> Answer | Failure:
        """The reply, when its time has come."""
        self.requests.append(request)
        self.in_flight += 1
        self.most = max(self.most, self.in_flight)
        try:
            await asyncio.sleep(self._seconds)
        finally:
            self.in_flight -= 1
        return self._reply(request)

    async def aclose(self) -> None:
        """There is nothing to end."""

    @property
    def asked(self) -> list[tuple[int, int]]:
        """Sample and attempt of each request."""
        return [(request.sample, request.attempt) for request in self.requests]
