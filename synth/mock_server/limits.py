"""Which requests the mock server lets in: a token bucket on a schedule, concurrency, a daily quota, funds."""

from __future__ import annotations

import time
from collections.abc import Sequence
from math import inf

from synth.mock_server.behaviour import Behaviour
from synth.mock_server.exchange import Cause, Refusal

_LONGEST_WAIT = 3600.0  # seconds; what a refusal says when waiting helps late or never
_ROUNDING = 1e-9  # of a request: who comes back when told to is not turned away for the last bit of a sum


class Allowance:
    """Times are seconds since the first request.  An empty schedule lets everything in."""

    def __init__(self, schedule: Sequence[tuple[float, float]], burst: int) -> None:
        ends = [start for start, _ in schedule[1:]] + [inf]
        self._steps = [(start, end, rate) for (start, rate), end in zip(schedule, ends, strict=False)]
        self._burst = burst
        self._tokens = float(burst)
        self._at = 0.0

    def take(self, now: float) -> float:
        """Lets one request in and returns 0, or returns the seconds until there is room for one."""
        if not self._steps:
            return 0.0
        self._tokens = min(self._burst, self._tokens + self._granted(self._at, now))
        self._at = now
        if self._tokens >= 1 - _ROUNDING:
            self._tokens -= 1
            return 0.0
        return self._until(1 - self._tokens, now)

    def total(self, now: float) -> float | None:
        """The most requests that could have been let in by `now`; None without a limit."""
        return self._burst + self._granted(0.0, now) if self._steps else None

    def _granted(self, since: float, until: float) -> float:
        return sum(max(0.0, min(end, until) - max(start, since)) * rate for start, end, rate in self._steps)

    def _until(self, missing: float, now: float) -> float:
        """Seconds from `now` until `missing` more is granted; infinite when that never is."""
        for start, end, rate in self._steps:
            begin = max(start, now)
            if end <= now or not rate:
                continue
            if begin + missing / rate <= end:
                return begin + missing / rate - now
            missing -= (end - begin) * rate
        return inf

    def rate(self, now: float) -> float:
        """Requests a second allowed at `now`."""
        return next((rate for start, end, rate in self._steps if start <= now < end), inf)


class Limits:
    """The limits since the server started or was reset."""

    def __init__(self, behaviour: Behaviour) -> None:
        self._behaviour = behaviour
        self.allowance = Allowance(behaviour.requests_per_second, behaviour.burst)
        self._began: float | None = None
        self.let_in = 0
        self.last_let_in = 0.0  # seconds since the first request

    def begin(self) -> None:
        """The first request starts the clock."""
        if self._began is None:
            self._began = time.monotonic()

    @property
    def now(self) -> float:
        """Seconds since the first request."""
        return 0.0 if self._began is None else time.monotonic() - self._began

    def admit(self, model: str, in_flight: int) -> Refusal | None:
        """Lets a request in, or says which limit keeps it out."""
        behaviour, now = self._behaviour, self.now
        if behaviour.funds is not None and self.let_in >= behaviour.funds:
            return Refusal(Cause.NO_FUNDS, model)
        if behaviour.daily_quota is not None and self.let_in >= behaviour.daily_quota:
            return Refusal(Cause.DAILY_QUOTA, model, wait=_LONGEST_WAIT, limit=behaviour.daily_quota)
        if behaviour.max_in_flight is not None and in_flight >= behaviour.max_in_flight:
            return Refusal(Cause.OVERLOADED, model)
        wait = self.allowance.take(now)
        if wait:
            limit = round(60 * self.allowance.rate(now))
            return Refusal(Cause.RATE_LIMITED, model, wait=min(wait, _LONGEST_WAIT), limit=limit)
        self.let_in += 1
        self.last_let_in = now
        return None
