"""How many requests an endpoint may have in flight: slow start, AIMD with a remembered ceiling, and latency.

A server that has no room for more is answered as TCP answers loss: a multiplicative decrease, then a return that slows
down near the ceiling and speeds up beyond it (the shape of CUBIC, RFC 9438).  Some servers say so at random, whatever
one sends; so a decrease is a trial, and taken back if it did not make overloads rarer.  A server that never refuses
queues instead, and only its latency tells; see `levels`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from synth.asking.levels import Levels

#: as TCP's first window of 10 (RFC 6928): little is lost when the first answers are refusals, or tell of a wrong
#: key; a small local server is not flooded; and doubling gets from here to 512 in six round trips
START = 8
DECREASE = 0.75  # gentler than TCP's half, as one refusal out of many in flight is early notice
QUARTER = 4  # of the way to the ceiling, or of the way gone beyond it, is a step of a round trip
PATIENCE = 1.0  # s within which a server that refuses does so

OUTCOMES = 32  # that the share of overloads looks back, and that a trial takes
RARE = 0.05  # share of overloads that is let be: one in the last `OUTCOMES`
HELPED = 0.5  # of the share before: so much a decrease must make of it
FORGIVING = 1 / 512  # of what was learned to be no fault of ours, with every outcome


@dataclass
class _Trial:
    """A decrease that has yet to prove useful."""

    before: float  # the limit
    share: float  # of overloads
    outcomes: int = 0


class Concurrency:
    """The limit of one endpoint; `most` is the user's."""

    def __init__(self, most: int) -> None:
        self.most = max(1, most)
        self.limit = float(min(START, self.most))
        self._ceiling: float | None = None  # where it was too much; None in slow start
        self._levels = Levels()
        self._overloads = 0.0  # share of the last outcomes
        self._tolerated = RARE
        self._trial: _Trial | None = None
        self._refuses = False
        self._widened_at = 0.0

    @property
    def ramping(self) -> bool:
        """Whether the limit still doubles every round trip."""
        return self._ceiling is None and self.limit < self.most and not self._levels.saturated(int(self.limit) + 1)

    def answered(self, in_flight: int, seconds: float, now: float, full: bool) -> None:
        """A request has been answered; `full` when the limit was what kept others waiting."""
        self._levels.answered(in_flight, seconds, now)
        self._outcome(overloaded=False)
        if saturated_from := self._levels.saturated(int(self.limit)):
            self.limit = self._ceiling = float(saturated_from - 1)
        elif full and not self._levels.saturated(int(self.limit) + 1):
            self.limit = min(self.limit + self._step(), float(self.most))

    def _step(self) -> float:
        """Added for one answer; as many answers as the limit come back in a round trip."""
        if self._ceiling is None:
            return 1.0
        return max(1.0, abs(self._ceiling - self.limit) / QUARTER) / self.limit

    def overloaded(self, in_flight: int) -> bool:
        """The server has no room; whether the limit was lowered."""
        self._outcome(overloaded=True)
        if self._trial is not None or self._overloads <= self._tolerated:
            return False
        self._trial = _Trial(self.limit, self._overloads)
        self._lower(float(min(in_flight, self.limit)))
        return True

    def overloaded_too(self) -> None:
        """Another one of those that were on their way when the limit was lowered: so many fewer were let in."""
        if self._ceiling is not None:
            self._lower(self._ceiling - 1)

    def _lower(self, let_in: float) -> None:
        self._ceiling = max(1.0, let_in)
        self.limit = max(1.0, DECREASE * self._ceiling)

    def _outcome(self, overloaded: bool) -> None:
        self._overloads += (overloaded - self._overloads) / OUTCOMES
        self._tolerated = max(RARE, self._tolerated * (1 - FORGIVING))
        if self._trial is None:
            return
        self._trial.outcomes += 1
        if self._trial.outcomes < OUTCOMES:
            return
        if self._overloads > HELPED * self._trial.share:
            self._tolerated = 2 * self._overloads
            self.limit, self._ceiling = max(self.limit, self._trial.before), None
        self._trial = None

    def refuses(self) -> None:
        """The server says at once what is too much for it: slow start need not wait for answers."""
        self._refuses = True

    def widen_at(self) -> float:
        """When slow start may go on although no answer has come; infinite when only answers can tell."""
        return self._widened_at + PATIENCE if self._refuses and self.ramping else inf

    def widen(self, now: float) -> None:
        """What is in flight has not been refused."""
        self.limit, self._widened_at = min(2 * self.limit, float(self.most)), now

    def restart(self) -> None:
        """The server was away: begin with care."""
        self.limit = float(min(START, self.limit))
