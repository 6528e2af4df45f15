"""Where answers come from: the run's source of them, and the one that asks providers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Protocol

from synth.answers.reading import no_answer, refusal_of
from synth.asking.asker import FATAL_LATER, Asker, Limits
from synth.asking.batch import Batcher
from synth.asking.budget import Budget
from synth.asking.calls import ANSWER, Call
from synth.asking.prices import Price, price_of
from synth.config import RunConfig
from synth.errors import CommandError
from synth.providers.interface import About, Answer, Failure, FailureKind, Provider, Request
from synth.providers.keys import redact
from synth.run.casting import Cast
from synth.run.window import Mean
from synth.store.attempts import Attempt, Origin
from validators.verdict import Verdict

if TYPE_CHECKING:
    from synth.asking.asker import EndpointState
    from synth.asking.batch_job import Books

#: times a request is made that the server calls a bad one: it may be this one, or a wrong form of all of them
BAD_REQUEST_TRIES = 3


@dataclass(frozen=True)
class Received:
    """What came of one attempt's asking; `refusal` where there is nothing to read a program from."""

    text: str | None
    origin: Origin
    refusal: Verdict | None = None


class Source(Protocol):
    """What the orchestrator needs to know of where answers come from."""

    @property
    def limit(self) -> int | None:
        """How many samples there can be; None where there is no end."""
        ...

    @property
    def seconds(self) -> float:
        """From a request to its answer, on average; 0 where it takes no time to speak of."""
        ...

    @property
    def floor(self) -> int:
        """Requests that should be under way however slow the validators are: those of batches; else 0."""
        ...

    def pattern(self, sample: int) -> tuple[str, ...]:
        """The operators of a sample."""
        ...

    def needs(self, sample: int) -> int:
        """How many samples, from the first on, must be decided before this one has a pattern; mostly 0."""
        ...

    async def ask(self, sample: int, number: int, name: str, chain: Sequence[Attempt]) -> Received | None:
        """An attempt's answer, `chain` being the attempts before it; None where there is none to be had."""
        ...

    def hang_up(self) -> AbstractSet[int]:
        """Asks no more; the samples whose answers are on their way and will be paid for."""
        ...

    def endpoints(self) -> Sequence[EndpointState]:
        """The servers asked, as the monitor shows them."""
        ...

    def left(self) -> str:
        """What goes on elsewhere when this process ends, for the user; "" where nothing does."""
        ...

    async def aclose(self) -> None:
        """Ends its connections."""
        ...


class Asks:
    """Asks the providers of a cast, through one `Asker` and, where there are `books` for it, in batches."""

    def __init__(
        self,
        config: RunConfig,
        cast: Cast,
        spent: float,
        record: Callable[[Call], None],
        books: Books | None = None,
    ) -> None:
        """`spent` is what the run cost so far, in US dollars; `record` keeps each call as soon as it is over."""
        self._cast, self._keep = cast, record
        self._under_way: set[int] = set()
        self._closing = False
        self._seconds = Mean()
        limits = Limits(
            max_in_flight=config.max_in_flight,
            requests_per_minute=config.requests_per_minute,
            tokens_per_minute=config.tokens_per_minute,
        )
        budget = Budget(config.max_cost, spent)
        price = partial(_price, config)
        self._asker = Asker(limits, budget, price, self._record)
        self._batcher: Batcher | None = None
        self.floor = 0
        if books is not None:
            ways = (budget, price, self._record, books, self._online)
            self._batcher = Batcher(config.mode == "batch", config.batch_size, *ways)
            self.floor = config.in_batches
        self.limit, self.pattern, self.needs = cast.limit, cast.pattern, cast.needs

    @property
    def seconds(self) -> float:
        """The mean of the calls that brought answers."""
        return self._seconds.value

    async def ask(self, sample: int, number: int, name: str, chain: Sequence[Attempt]) -> Received:
        """Asks whom the cast names; failures that concern the whole endpoint cost no attempt."""
        provider, request, origin = self._cast.request(sample, number, name, chain)
        answer = self._online if self._batcher is None else self._batcher.ask
        try:
            outcome = await answer(provider, request)
            tries = 1
            while isinstance(outcome, Failure) and tries < _patience(outcome.kind):
                outcome = await answer(provider, request)
                tries += 1
        except CommandError:
            raise
        except Exception as error:  # a provider's fault on one request costs one attempt, not the run
            # What a library says may quote what it was sent.
            said = "" if request.messages else f": {redact(str(error))}"
            return Received(None, origin, no_answer(f"{provider.about.name} failed: {type(error).__name__}{said}"))
        return _received(outcome, origin)

    async def _online(self, provider: Provider, request: Request) -> Answer | Failure:
        return await self._asker.ask(_Watched(self, provider), request)

    def endpoints(self) -> list[EndpointState]:
        """Of the servers asked online, then of batch endpoints."""
        return self._asker.endpoints() + (self._batcher.endpoints() if self._batcher else [])

    def left(self) -> str:
        """The batches that are with a provider."""
        jobs, requests = self._batcher.left() if self._batcher else (0, 0)
        if not jobs:
            return ""
        batches = f"{jobs} batch{'es' if jobs > 1 else ''} of {requests} request{'s' if requests > 1 else ''}"
        return f"{batches} left to the provider, which goes on with them; the run collects them when it goes on"

    def _record(self, call: Call) -> None:
        self._keep(call)
        if call.outcome == ANSWER:
            self._seconds.add(call.seconds)

    def hang_up(self) -> AbstractSet[int]:
        """From here on a call that fails is not made again."""
        self._closing = True
        if self._batcher is not None:
            self._batcher.hang_up()
        return self._under_way

    async def aclose(self) -> None:
        """Ends the connections of every provider."""
        if self._batcher is not None:
            await self._batcher.aclose()
        await self._cast.aclose()


class _Watched:
    """A provider during one request: notes that a call is under way, and ends the waiting after the last one."""

    def __init__(self, asks: Asks, provider: Provider) -> None:
        self._asks, self._provider = asks, provider
        self.about = provider.about
        self.aclose = provider.aclose

    async def answer(self, request: Request) -> Answer | Failure:
        self._asks._under_way.add(request.sample)
        try:
            outcome = await self._provider.answer(request)
        finally:
            self._asks._under_way.discard(request.sample)
        if self._asks._closing and isinstance(outcome, Failure) and not outcome.kind.hopeless:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()  # or it would be asked again
        return outcome


def _patience(kind: FailureKind) -> int:
    """How often to make a request that failed so: what says nothing of the request must not cost it an attempt.

    The asker raises Stopped when the same befalls the others.
    """
    if kind is FailureKind.BAD_REQUEST:
        return BAD_REQUEST_TRIES
    return FATAL_LATER if kind.fatal else 1


def _price(config: RunConfig, about: About) -> Price | None:
    return price_of(about.name, about.model, config.price)


def _received(outcome: Answer | Failure, asked: Origin) -> Received:
    if isinstance(outcome, Failure):
        return Received(None, replace(asked, usage=outcome.usage), refusal_of(outcome))
    origin = replace(asked, model=outcome.model or asked.asked, finish=outcome.finish, usage=outcome.usage)
    if outcome.text is None:
        return Received(None, origin, no_answer(outcome.detail))
    return Received(outcome.text, origin)
