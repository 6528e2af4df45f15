"""Servers as providers see them, in virtual time: they let in, refuse, queue, fail and bill."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import ceil, inf

from synth.asking import Asker, Budget, Call, Limits, Price
from synth.providers.interface import About, Answer, Failure, FailureKind, Message, Request, Usage

FREE = Price(0.0, 0.0, 0.0)


def now() -> float:
    return asyncio.get_running_loop().time()


def request(sample: int, prompt: str = "", max_output_tokens: int = 1000) -> Request:
    messages = (Message("user", prompt),) if prompt else ()
    return Request(sample, 1, (), "A", 0, 0.7, messages, max_output_tokens)


def asker(limits: Limits | None = None, record: Callable[[Call], None] = lambda call: None) -> Asker:
    return Asker(limits or Limits(), Budget(None), lambda about: FREE, record)


@dataclass
class Server:
    """Those whom `admit` lets in (None) are answered by `respond`."""

    latency: Callable[[], float] = lambda: 0.2
    round_trip: float = 0.05
    endpoint: str = "server"
    arrivals: list[tuple[float, int]] = field(default_factory=list)  # when, sample
    admitted: list[float] = field(default_factory=list)
    ended: list[float] = field(default_factory=list)
    refused: int = 0
    in_flight: int = 0
    most_in_flight: int = 0

    def __post_init__(self) -> None:
        self.about = About("fake", "model", endpoint=self.endpoint)

    def admit(self, request: Request) -> Failure | None:
        return None

    async def respond(self, request: Request) -> Answer | Failure:
        await asyncio.sleep(self.latency())
        return Answer("text", usage=Usage(prompt_tokens=10, output_tokens=20))

    async def answer(self, request: Request) -> Answer | Failure:
        self.arrivals.append((now(), request.sample))
        await asyncio.sleep(self.round_trip / 2)
        if failure := self.admit(request):
            self.refused += 1
            await asyncio.sleep(self.round_trip / 2)
            return failure
        self.admitted.append(now())
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            return await self.respond(request)
        finally:
            self.in_flight -= 1
            self.ended.append(now())

    async def aclose(self) -> None: ...


@dataclass
class Bucket(Server):
    """A token bucket; `schedule` is (from second, requests a second), `hint` what it says of the seconds to wait."""

    schedule: Sequence[tuple[float, float]] = ((0.0, 5.0),)
    burst: float = 1.0
    hint: Callable[[float], float | None] = ceil

    def __post_init__(self) -> None:
        super().__post_init__()
        self._tokens, self._at = self.burst, 0.0

    def granted(self, since: float, until: float) -> float:
        ends = [start for start, _ in self.schedule[1:]] + [inf]
        return sum(
            max(0.0, min(end, until) - max(start, since)) * rate
            for (start, rate), end in zip(self.schedule, ends, strict=True)
        )

    def admit(self, request: Request) -> Failure | None:
        self._tokens = min(self.burst, self._tokens + self.granted(self._at, now()))
        self._at = now()
        if self._tokens >= 1:
            self._tokens -= 1
            return None
        rate = [rate for start, rate in self.schedule if start <= now()][-1]
        return Failure(FailureKind.RATE_LIMITED, "429", self.hint((1 - self._tokens) / rate), 429)


@dataclass
class Crowded(Server):
    """Has no room for more than `room`, and at random for some others."""

    room: float = inf
    overloaded: Callable[[], bool] = lambda: False

    def admit(self, request: Request) -> Failure | None:
        if self.in_flight < self.room and not self.overloaded():
            return None
        return Failure(FailureKind.OVERLOADED, "503", status=503)


@dataclass
class Slots(Server):
    """Never refuses: works on `slots` at once and queues the rest, as local servers do."""

    slots: int = 8

    def __post_init__(self) -> None:
        super().__post_init__()
        self._free = asyncio.Semaphore(self.slots)

    async def respond(self, request: Request) -> Answer | Failure:
        async with self._free:
            return await super().respond(request)


@dataclass
class Scripted(Server):
    """Gives the outcomes of a list, one after another, and then answers."""

    script: list[Answer | Failure] = field(default_factory=list)
    asked: list[Request] = field(default_factory=list)

    async def respond(self, request: Request) -> Answer | Failure:
        self.asked.append(request)
        await asyncio.sleep(self.latency())
        return self.script.pop(0) if self.script else Answer("text", usage=Usage(prompt_tokens=10, output_tokens=20))
