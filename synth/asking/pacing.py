"""Admission to one endpoint: who may send next, and when.

Waiters cost nothing while they wait: they are a heap, lowest sample first, and one timer that is set to the moment
at which the first of them may go.  What lets them go is, all at once: the number in flight (`concurrency`), the
pace (`rate`), the user's limits per minute (`per_minute`), a pause the server asked for, the breaker, and the money
(`budget`).  A rate limit (429) lowers the pace, an overload the number in flight; of a burst of refusals only the
first does, as the others were on their way before anything could be lowered.
"""

from __future__ import annotations

import asyncio
import heapq
from dataclasses import dataclass
from math import ceil, inf

from synth.asking.breaker import Breaker
from synth.asking.budget import Budget, Reservation
from synth.asking.concurrency import Concurrency
from synth.asking.meter import EndpointState, Meter
from synth.asking.per_minute import Entry, Expectation, PerMinute
from synth.asking.rate import Rate
from synth.asking.stops import BudgetSpent, Stopped
from synth.providers.interface import Answer, Failure, FailureKind, Request

_TICK = 1e-6  # s; a timer that is early by less has come


@dataclass(frozen=True)
class Limits:
    """What the user allows an endpoint."""

    max_in_flight: int = 512
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    transient_tries: int = 4  # calls for a request that fails in ways that pass


@dataclass(eq=False)
class Pass:
    """Leave to send one request; to be handed back to `Pacer.leave` whatever happens."""

    request: Request
    worst: float | None
    ticket: asyncio.Future[None]
    paced: bool = False  # whether the pace is what it waited for last
    sent_at: float = 0.0
    in_flight: int = 0  # this one included, when it was sent
    reservation: Reservation | None = None
    minute: Entry | None = None
    tokens: Entry | None = None


class Pacer:
    """The queue before one endpoint."""

    def __init__(self, endpoint: str, limits: Limits, budget: Budget) -> None:
        self.endpoint = endpoint
        self.in_flight = 0
        self.stopped = ""  # why
        self.meter = Meter()
        self.detail = ""
        self._budget = budget
        self._queue: list[tuple[int, int, Pass]] = []
        self._waiting = 0
        self._arrivals = 0
        self._timer: asyncio.TimerHandle | None = None
        self._concurrency = Concurrency(limits.max_in_flight)
        self._rate = Rate()
        self._breaker = Breaker()
        self._requests = PerMinute(limits.requests_per_minute)
        self._tokens = PerMinute(limits.tokens_per_minute)
        self._expectation = Expectation()
        self._paused_until = 0.0
        self._lowered_at = -inf
        self._slowed = False  # what was lowered then: the pace, or the number in flight
        self._loop = asyncio.get_running_loop()
        budget.watch(self._pump)

    @property
    def now(self) -> float:
        """Seconds of the clock that all times here are of."""
        return self._loop.time()

    async def enter(self, request: Request, worst: float | None) -> Pass:
        """Waits until the request may be sent.

        `worst` is what it can cost at most, US dollars.  Raises Stopped when nothing more will be sent, BudgetSpent
        when it does not fit under max_cost.
        """
        if self.stopped:
            raise Stopped(self.stopped)
        one = Pass(request, worst, self._loop.create_future())
        self._arrivals += 1
        heapq.heappush(self._queue, (request.sample, self._arrivals, one))
        self._waiting += 1
        self._pump()
        try:
            await one.ticket
        except asyncio.CancelledError:
            if one.ticket.cancelled():
                self._waiting -= 1
                self._pump()
            elif one.ticket.exception() is None:
                self._take_back(one)
            raise
        return one

    def _pump(self) -> None:
        """Lets go who may go, and sets the timer for the next."""
        now = self._loop.time()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._queue:
            one = self._queue[0][2]
            if one.ticket.done():  # cancelled
                heapq.heappop(self._queue)
                continue
            if self.in_flight >= int(self._concurrency.limit):
                one.paced = False
                if self._comes(self._concurrency.widen_at(), now):
                    self._concurrency.widen(now)
                    continue
                return
            if not self._comes(self._ready_at(one, now), now):
                return
            try:
                one.reservation = self._budget.reserve(one.worst)
            except BudgetSpent as error:
                heapq.heappop(self._queue)
                self._waiting -= 1
                one.ticket.set_exception(error)
                continue
            if one.reservation is None:
                return  # the budget calls when there is room
            heapq.heappop(self._queue)
            self._admit(one, now)

    def _comes(self, when: float, now: float) -> bool:
        """Whether the time has come; else the timer is set to it."""
        if when > now + _TICK and when < inf:
            self._timer = self._loop.call_at(when, self._pump)
        return when <= now + _TICK

    def _ready_at(self, one: Pass, now: float) -> float:
        pace = max(self._rate.next_at, self._paused_until)
        if pace > now + _TICK:
            one.paced = True
        return max(
            pace,
            self._breaker.ready_at(now),
            self._requests.ready_at(now, 1),
            self._tokens.ready_at(now, self._expected(one)),
        )

    def _expected(self, one: Pass) -> int:
        return self._expectation.tokens(one.request) if self._tokens.limit is not None else 0

    def _admit(self, one: Pass, now: float) -> None:
        self._waiting -= 1
        self.in_flight += 1
        one.sent_at, one.in_flight = now, self.in_flight
        one.minute = self._requests.add(now, 1)
        one.tokens = self._tokens.add(now, self._expected(one))
        self._rate.sent(now, one.paced)
        self._breaker.sent()
        one.ticket.set_result(None)

    def _take_back(self, one: Pass) -> None:
        """Let go and cancelled in the same moment: it was not sent."""
        assert one.reservation is not None and one.minute is not None and one.tokens is not None
        self.in_flight -= 1
        self._rate.unsent()
        self._requests.correct(one.minute, 0)
        self._tokens.correct(one.tokens, 0)
        self._breaker.abandoned(one.sent_at)
        self._budget.settle(one.reservation, 0.0)
        self._pump()

    def leave(self, one: Pass, outcome: Answer | Failure | None) -> None:
        """The request is over; None: cancelled."""
        now = self._loop.time()
        full = self.in_flight >= int(self._concurrency.limit) and self._waiting > 0
        self.in_flight -= 1
        if outcome is None:
            self._breaker.abandoned(one.sent_at)
        else:
            self._learn(one, outcome, now, full)
        self._pump()

    def _learn(self, one: Pass, outcome: Answer | Failure, now: float, full: bool) -> None:
        assert one.tokens is not None
        counted = self._expectation.learn(one.request, outcome.usage)
        if counted is not None:
            self._tokens.correct(one.tokens, counted)
        if isinstance(outcome, Answer):
            seconds = now - one.sent_at
            self.meter.answer(now, seconds, outcome.usage.output_tokens or 0)
            self._concurrency.answered(one.in_flight, seconds, now, full)
        else:
            self.detail = outcome.detail
        kind = outcome.kind if isinstance(outcome, Failure) else None
        hint = (outcome.retry_after or 0.0) if isinstance(outcome, Failure) else 0.0
        if kind in (FailureKind.OVERLOADED, FailureKind.TRANSIENT):
            self._breaker.failed(one.sent_at, now, hint)
        elif self._breaker.alive():
            self._concurrency.restart()
        if kind in (FailureKind.OVERLOADED, FailureKind.RATE_LIMITED):
            self.meter.refused += 1
            self._refused(one, kind, now, hint)

    def _refused(self, one: Pass, kind: FailureKind, now: float, hint: float) -> None:
        self._paused_until = max(self._paused_until, now + hint)
        overloaded = kind is FailureKind.OVERLOADED
        if one.sent_at <= self._lowered_at:  # of a burst that was on its way before a limit was lowered
            if overloaded and not self._slowed:
                self._concurrency.overloaded_too()
            elif self._slowed and not overloaded:
                self._rate.refused_too()
        elif overloaded:
            if self._concurrency.overloaded(one.in_flight):
                self._lowered_at, self._slowed = now, False
        else:
            self._lowered_at, self._slowed = now, True
            self._rate.refused(one.sent_at, now, self._paused_until)
            self._concurrency.refuses()

    def stop(self, why: str) -> None:
        """Nothing more is sent, and everyone who waits is told."""
        self.stopped = self.stopped or why
        for _, _, one in self._queue:
            if not one.ticket.done():
                self._waiting -= 1
                one.ticket.set_exception(Stopped(self.stopped))
        self._queue.clear()

    def state(self) -> EndpointState:
        """For the monitor."""
        now, meter = self._loop.time(), self.meter
        return EndpointState(
            self.endpoint,
            self.in_flight,
            int(self._concurrency.limit),
            self._rate.value,
            self._waiting,
            self._word(now),
            meter.answered,
            meter.refused,
            meter.percentile(0.5),
            meter.percentile(0.95),
            meter.tokens_per_second(now),
            self.detail,
        )

    def _word(self, now: float) -> str:
        if self.stopped:
            return "stopped"
        if self._breaker.open:
            return f"open {max(0, ceil(self._breaker.until - now))} s"
        if self._paused_until > now:
            return f"cooling {ceil(self._paused_until - now)} s"
        return "ramping" if self._rate.value is None and self._concurrency.ramping else "steady"
