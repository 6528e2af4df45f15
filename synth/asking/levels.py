"""How long a server takes with so many requests in flight, told apart by doublings.

By Little's law requests in flight = throughput * latency, so where latency rises as fast as the number in flight,
throughput does not rise any more: the server only queues.  TCP Vegas (Brakmo and Peterson, 1995) and Netflix's
concurrency-limits (Gradient2) read the same signal against a latency remembered from an idle server, which goes stale
when prompts get longer.  Here neighbouring levels are compared, which were seen at about the same time.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, sqrt

#: elasticity of latency over the number in flight: 1 when more in flight gains nothing, 0 when it gains all; at two
#: thirds, twice as many in flight bring a quarter more throughput
SATURATED = 2 / 3
NEIGHBOURS = 1.4  # ratio of numbers in flight that tells two levels apart
ENOUGH = 16  # latencies of a level before it counts
REMEMBERED = 32  # latencies that the means of a level go back
SURE = 2.0  # standard errors by which the elasticity must be above chance
FORGOTTEN_AFTER = 60.0  # s without an answer (or five latencies, if that is longer): a level is tried again


@dataclass
class _Level:
    """Seen with 2**(k-1) to 2**k - 1 in flight.  Logarithms, so that a few long answers do not decide."""

    count: int = 0
    in_flight: float = 0.0  # mean
    log_seconds: float = 0.0  # mean
    variance: float = 0.0
    seen: float = 0.0  # when the last came

    def answered(self, in_flight: int, seconds: float, now: float) -> None:
        self.count += 1
        weight = 1 / min(self.count, REMEMBERED)
        self.in_flight += weight * (in_flight - self.in_flight)
        off = log(max(seconds, 1e-6)) - self.log_seconds
        self.log_seconds += weight * off
        self.variance = (1 - weight) * (self.variance + weight * off * off)
        self.seen = now

    def stale(self, now: float) -> bool:
        return now - self.seen > max(FORGOTTEN_AFTER, 5 * exp(self.log_seconds))

    @property
    def error(self) -> float:
        """Variance of the mean; an exponential average of weight 1/n is as good as a mean of 2n - 1."""
        return self.variance / (self.count if self.count < REMEMBERED else 2 * REMEMBERED - 1)


class Levels:
    """Level k is 2**(k-1) to 2**k - 1 in flight."""

    def __init__(self) -> None:
        self._levels: dict[int, _Level] = {}

    def answered(self, in_flight: int, seconds: float, now: float) -> None:
        """It took `seconds` to answer a request that was sent with so many in flight, itself included."""
        self._levels.setdefault(in_flight.bit_length(), _Level()).answered(in_flight, seconds, now)
        for level in [level for level, seen in self._levels.items() if seen.stale(now)]:
            del self._levels[level]

    def saturated(self, in_flight: int) -> int | None:
        """The number in flight from which throughput no longer rises, if `in_flight` is beyond it."""
        for level in sorted(self._levels):
            if level <= in_flight.bit_length() and self._saturates(level):
                return 1 << level - 1
        return None

    def _saturates(self, level: int) -> bool:
        here, below = self._levels[level], self._levels.get(level - 1)
        if below is None or min(here.count, below.count) < ENOUGH:
            return False
        more = here.in_flight / below.in_flight
        slower = here.log_seconds - below.log_seconds - SURE * sqrt(here.error + below.error)
        return more >= NEIGHBOURS and slower >= SATURATED * log(more)
