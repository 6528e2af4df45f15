"""Stops asking a server that is down: after failures in a row only a probe now and then (Nygard, "Release It!")."""

from __future__ import annotations

from math import inf

FAILURES = 5  # in a row, each of a request that was sent after the one before had failed
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # s; doubled each time a probe fails


class Breaker:
    """Of one endpoint; times are seconds of one clock."""

    def __init__(self) -> None:
        self.open = False
        self.until = 0.0  # when the next probe may go out
        self._pause = FIRST_PAUSE
        self._failures = 0
        self._since = -inf  # the last failure that counted, or the opening
        self._probing = False

    def ready_at(self, now: float) -> float:
        """When the next request may go out; infinite while a probe is on its way."""
        if not self.open:
            return now
        return inf if self._probing else self.until

    def sent(self) -> None:
        """A request goes out."""
        self._probing = self.open

    def abandoned(self, sent_at: float) -> None:
        """A request was cancelled; nothing is known."""
        if sent_at >= self._since:
            self._probing = False

    def alive(self) -> bool:
        """The server has said something sensible; whether it was thought to be down."""
        was_open, self.open = self.open, False
        self._failures, self._pause, self._probing = 0, FIRST_PAUSE, False
        return was_open

    def failed(self, sent_at: float, now: float, hint: float) -> None:
        """The server was overloaded or did not answer; `hint` is how many seconds it asks to wait."""
        if sent_at < self._since:
            return  # sent when the trouble was not yet known
        self._since = now
        self._probing = False
        self._failures += 1
        if self._failures < FAILURES:
            return
        self.open = True
        self.until = now + max(self._pause, hint)
        self._pause = min(2 * self._pause, LONGEST_PAUSE)
