"""Asks providers for answers: waits where waiting helps, retries what passes, gives up what is hopeless.

A provider makes one call and says what came of it; everything that needs memory is here and in what it uses: pacing
and limits (`pacing`), money (`budget`, `prices`), the record of each call (`calls`).  A 429 or an overload costs no
attempt and no try: the request goes back into the queue, in its place, for as long as it takes.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from synth.asking.budget import Budget
from synth.asking.calls import ANSWER, CANCELLED, Call
from synth.asking.meter import EndpointState
from synth.asking.pacing import Limits, Pacer, Pass
from synth.asking.prices import Price, cost_of, require_price, worst_cost
from synth.asking.stops import Stopped
from synth.providers.interface import About, Answer, Failure, FailureKind, Provider, Request, Usage

#: fatal failures in a row that stop an endpoint which has never answered: key, model or request form are wrong
FATAL_AT_FIRST = 3
#: and one which has: a single odd request must not end a run, a revoked key or a withdrawn model must
FATAL_LATER = 20
#: passing failures that stop an endpoint which has never answered (some servers say 500 to a model they do not have);
#: with the breaker's pauses that is two minutes, in which a server may still be starting
NEVER_ANSWERED = 12
FIRST_BACKOFF, LONGEST_BACKOFF = 1.0, 60.0  # s

#: the server turned the request away without work on it: nothing is billed unless it says so
_UNBILLED = (
    FailureKind.RATE_LIMITED,
    FailureKind.OVERLOADED,
    FailureKind.QUOTA_EXHAUSTED,
    FailureKind.BAD_KEY,
    FailureKind.UNKNOWN_MODEL,
    FailureKind.BAD_REQUEST,
    FailureKind.CONTEXT_TOO_LONG,
)


@dataclass
class _Endpoint:
    """What is known of one."""

    pacer: Pacer
    has_answered: bool = False
    fatal: int = 0  # failures since it last answered
    passing: int = 0  # failures that pass, usually


class Asker:
    """The one way from the rest of synth to a server.  Lives in one event loop."""

    def __init__(
        self,
        limits: Limits,
        budget: Budget,
        price: Callable[[About], Price | None],
        record: Callable[[Call], None],
    ) -> None:
        """`price` knows what a model costs (None: unknown); `record` keeps each call, before anything else happens."""
        self._limits = limits
        self._budget = budget
        self._price = price
        self._record = record
        self._endpoints: dict[str, _Endpoint] = {}
        self._prices: dict[About, Price | None] = {}
        self._random = random.Random()

    @property
    def in_flight(self) -> int:
        """Requests sent and not yet answered."""
        return sum(endpoint.pacer.in_flight for endpoint in self._endpoints.values())

    def endpoints(self) -> list[EndpointState]:
        """For the monitor."""
        return [endpoint.pacer.state() for endpoint in self._endpoints.values()]

    async def ask(self, provider: Provider, request: Request) -> Answer | Failure:
        """An answer, or why there is none and asking again will not help.

        Rate limits and overload are waited out.  What fails in passing is tried up to `transient_tries` times; an
        output budget eaten by reasoning is doubled, once.  Time in our own queue never counts as a time-out: no clock
        runs before the request is sent.

        Raises Stopped when the endpoint will not answer anyone any more, BudgetSpent when `max_cost` has no room for
        this request even with nothing in flight, UsageError when `max_cost` is set and the model's price is not known.
        """
        if not provider.about.endpoint:
            return await provider.answer(request)
        endpoint = self._endpoint(provider.about.endpoint)
        tries, widened = 0, False
        while True:
            outcome = await self._call(endpoint, provider, request)
            if isinstance(outcome, Answer):
                return outcome
            kind = outcome.kind
            if endpoint.pacer.stopped and (kind.fatal or kind is FailureKind.QUOTA_EXHAUSTED):
                raise Stopped(endpoint.pacer.stopped)
            if kind.costs_no_attempt:
                continue
            if kind is FailureKind.TRANSIENT and (tries := tries + 1) < self._limits.transient_tries:
                await asyncio.sleep(self._backoff(tries, outcome.retry_after))
            elif kind is FailureKind.REASONING_EXHAUSTED and not widened:
                request, widened = replace(request, max_output_tokens=2 * request.max_output_tokens), True
            else:
                return outcome

    def _endpoint(self, name: str) -> _Endpoint:
        if name not in self._endpoints:
            self._endpoints[name] = _Endpoint(Pacer(name, self._limits, self._budget))
        return self._endpoints[name]

    def _price_of(self, about: About) -> Price | None:
        if about not in self._prices:
            price = self._price(about)
            require_price(about, price, self._budget.max_cost)
            self._prices[about] = price
        return self._prices[about]

    async def _call(self, endpoint: _Endpoint, provider: Provider, request: Request) -> Answer | Failure:
        """One call from the queue to the record."""
        price = self._price_of(provider.about)
        one = await endpoint.pacer.enter(request, None if price is None else worst_cost(request, price))
        outcome: Answer | Failure | None = None
        try:
            outcome = await provider.answer(request)
        except Exception as error:  # a provider's own fault; its text might hold a prompt or a key
            outcome = Failure(FailureKind.TRANSIENT, f"{provider.about.name} failed: {type(error).__name__}")
        finally:
            self._settle(endpoint, provider.about, one, outcome, price)
        return outcome

    def _settle(
        self, endpoint: _Endpoint, about: About, one: Pass, outcome: Answer | Failure | None, price: Price | None
    ) -> None:
        """Records, pays and hands back, in one go; `outcome` is None when the call was cancelled."""
        assert one.reservation is not None
        usage = outcome.usage if outcome else Usage()
        cost = cost_of(usage, price)
        if cost is None and price is not None and isinstance(outcome, Failure) and _unbilled(outcome):
            cost = 0.0
        # A call cut short may be worked on, and billed, to its end, and nobody will tell: then its worst case is spent.
        shown = one.reservation.worst if cost is None and price is not None else cost
        try:
            self._record(_call(about, one, outcome, usage, shown, endpoint.pacer.now - one.sent_at))
            _weigh(endpoint, about, outcome)
            if self._budget.max_cost is not None and cost is not None and cost > one.reservation.worst:
                worst = one.reservation.worst
                endpoint.pacer.stop(
                    f"{about.name}:{about.model}: a request cost ${cost:.4f}, its price allows ${worst:.4f} at most;"
                    " set price=[input,output] to what the server bills; everything that came back is kept."
                )
        finally:
            self._budget.settle(one.reservation, cost)
            endpoint.pacer.leave(one, outcome)

    def _backoff(self, tries: int, hint: float | None) -> float:
        """Seconds; full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter"), never below the hint."""
        longest = min(FIRST_BACKOFF * 2 ** (tries - 1), LONGEST_BACKOFF)
        return (hint or 0.0) + self._random.uniform(0, longest)


def _weigh(endpoint: _Endpoint, about: About, outcome: Answer | Failure | None) -> None:
    """Stops the endpoint when nobody will get an answer from it any more."""
    if isinstance(outcome, Answer):
        endpoint.has_answered, endpoint.fatal = True, 0
    if not isinstance(outcome, Failure):
        return
    endpoint.fatal += outcome.kind.fatal
    endpoint.passing += outcome.kind is FailureKind.TRANSIENT
    used_up = outcome.kind is FailureKind.QUOTA_EXHAUSTED
    silent = not endpoint.has_answered and endpoint.passing >= NEVER_ANSWERED
    if used_up or silent or endpoint.fatal >= (FATAL_LATER if endpoint.has_answered else FATAL_AT_FIRST):
        name = f"{about.name}:{about.model}" if about.model else about.name
        why = "" if used_up else f"{endpoint.passing if silent else endpoint.fatal} requests in a row failed: "
        endpoint.pacer.stop(f"{name}: {why}{outcome.detail}; everything that came back is kept.")


def _unbilled(failure: Failure) -> bool:
    """Whether the server said no instead of working, or was not there; after a reset or a time-out nobody knows."""
    said_no = failure.status is not None and failure.status >= 400
    return failure.kind in _UNBILLED or said_no or not failure.sent


def _call(
    about: About, one: Pass, outcome: Answer | Failure | None, usage: Usage, cost: float | None, seconds: float
) -> Call:
    status = outcome.status if isinstance(outcome, Failure) else None
    kind = CANCELLED if outcome is None else outcome.kind.value if isinstance(outcome, Failure) else ANSWER
    detail = outcome.detail if outcome else ""
    request = one.request
    return Call(request.sample, request.attempt, about.name, about.model, kind, status, usage, cost, seconds, detail)
