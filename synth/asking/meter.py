"""What the monitor shows of an endpoint."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from math import exp

LATENCIES = 256  # the last so many
HORIZON = 20.0  # s that a rate looks back


@dataclass(frozen=True)
class EndpointState:
    """One endpoint at one moment."""

    endpoint: str
    in_flight: int
    limit: int  # requests in flight at most, at present
    rate: float | None  # requests a second at most, at present; None: not paced
    waiting: int  # in our own queue
    state: str  # "ramping", "steady", "cooling 12 s", "open 12 s" (down, a probe follows) or "stopped"
    answered: int
    refused: int  # 429s and overloads; they cost no attempt
    p50: float | None  # s from sending to the answer
    p95: float | None
    tokens_per_second: float  # output
    detail: str  # the last failure


class Meter:
    """Counts and samples of one endpoint; cheap to write, sorted only when read."""

    def __init__(self) -> None:
        self.answered = 0
        self.refused = 0
        self._latencies: deque[float] = deque(maxlen=LATENCIES)
        self._tokens = 0.0  # weighted by exp(-age / HORIZON)
        self._at: float | None = None
        self._began = 0.0

    def answer(self, now: float, seconds: float, tokens: int) -> None:
        """A request was answered."""
        self.answered += 1
        self._latencies.append(seconds)
        if self._at is None:
            self._began = now - seconds
        self._tokens = self._decayed(now) + tokens
        self._at = now

    def _decayed(self, now: float) -> float:
        return 0.0 if self._at is None else self._tokens * exp((self._at - now) / HORIZON)

    def tokens_per_second(self, now: float) -> float:
        """Over the last seconds; what was not yet observed does not count as silence."""
        observed = HORIZON * (1 - exp((self._began - now) / HORIZON))
        return self._decayed(now) / observed if observed > 0 else 0.0

    def percentile(self, share: float) -> float | None:
        """Of the last latencies, s."""
        ranked = sorted(self._latencies)
        return ranked[min(len(ranked) - 1, int(share * len(ranked)))] if ranked else None
