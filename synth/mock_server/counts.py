"""What the mock server did since it started or was reset."""

from __future__ import annotations

from collections import Counter
from typing import Any

from synth.mock_server.exchange import Cause


class Counts:
    """`requests` = answered + refused + failed + abandoned + in flight, at any moment.

    A request counts once it has been read; one for a batch counts apart, so that rates stay those of the endpoint.
    """

    def __init__(self) -> None:
        self.requests = 0
        self.answered = 0
        self.answered_per_second: list[int] = []  # by whole seconds since the first request
        self.refused: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()  # a fault in place of an answer
        self.abandoned = 0  # the client left before the answer
        self.in_flight = 0
        self.max_in_flight = 0
        self.batches = 0
        self.batch_requests = 0
        self.batch_answered = 0
        self.texts: Counter[bytes] = Counter()  # answers with a text, by the identity of the request

    def begin(self) -> None:
        """A request was let in."""
        self.in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self.in_flight)

    def answer(self, now: float) -> None:
        """An answer was sent whole; `now` in seconds since the first request."""
        second = int(now)
        self.answered_per_second += [0] * (second + 1 - len(self.answered_per_second))
        self.answered_per_second[second] += 1

    def end(self, outcome: str) -> None:
        """A request that was let in came to its end."""
        self.in_flight -= 1
        if outcome == "answered":
            self.answered += 1
        elif outcome == "abandoned":
            self.abandoned += 1
        elif outcome in set(Cause):
            self.refused[outcome] += 1
        else:
            self.failed[outcome] += 1

    @property
    def duplicates(self) -> int:
        """Answers with text beyond the first to the same request."""
        return self.texts.total() - len(self.texts)

    def to_json(self) -> dict[str, Any]:
        """All of it as JSON data."""
        shown = {key: value for key, value in vars(self).items() if key != "texts"}
        return {**shown, "refused": dict(self.refused), "failed": dict(self.failed), "duplicates": self.duplicates}
