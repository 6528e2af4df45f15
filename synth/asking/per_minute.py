"""Requests and tokens per minute, as the user's account allows: no 60 seconds ever hold more."""

from __future__ import annotations

from collections import deque
from math import ceil

from synth.asking.prices import prompt_bytes
from synth.providers.interface import Request, Usage

#: a second over the minute, because requests do not all take equally long to get to the server
WINDOW = 61.0  # s
BYTES_PER_TOKEN = 4.0  # of English and of code, until the server has counted
FORGETTING = 0.01  # of a highest value, with every answer
MARGIN = 1.25  # over the highest of late, for what is larger still


class Entry:
    """What one request counts for; corrected when the server has counted."""

    __slots__ = ("amount", "at", "counted")

    def __init__(self, at: float, amount: float) -> None:
        self.at = at
        self.amount = amount
        self.counted = True


class PerMinute:
    """A log of what went out in the last minute; a limit of None is none."""

    def __init__(self, limit: float | None) -> None:
        self.limit = limit
        self._log: deque[Entry] = deque()
        self._sum = 0.0

    def ready_at(self, now: float, amount: float) -> float:
        """When so much more fits.  What is larger than the limit itself fits when it is alone."""
        if self.limit is None:
            return now
        while self._log and self._log[0].at <= now - WINDOW:
            entry = self._log.popleft()
            entry.counted = False
            self._sum -= entry.amount
        excess, when = self._sum + amount - self.limit, now
        for entry in self._log:
            if excess <= 0:
                break
            excess -= entry.amount
            when = entry.at + WINDOW
        return when

    def add(self, now: float, amount: float) -> Entry:
        """So much goes out."""
        entry = Entry(now, amount)
        if self.limit is not None:
            self._log.append(entry)
            self._sum += amount
        return entry

    def correct(self, entry: Entry, amount: float) -> None:
        """It was more or less than expected."""
        if entry.counted:
            self._sum += amount - entry.amount
        entry.amount = amount


class Expectation:
    """How many tokens a request will count for: near the highest of late, so that sums stay below."""

    def __init__(self) -> None:
        self._tokens_per_byte = 1 / BYTES_PER_TOKEN / MARGIN
        self._output: float | None = None  # None until there was an answer: then all that is allowed

    def tokens(self, request: Request) -> int:
        """Prompt and output."""
        output = request.max_output_tokens
        if self._output is not None:
            output = min(output, ceil(MARGIN * self._output))
        return ceil(MARGIN * self._tokens_per_byte * prompt_bytes(request)) + output

    def learn(self, request: Request, usage: Usage) -> int | None:
        """The tokens that a call did count for, if the server says so."""
        if usage.prompt_tokens is None or usage.output_tokens is None:
            return None
        per_byte = usage.prompt_tokens / max(1, prompt_bytes(request))
        self._tokens_per_byte = max(per_byte, (1 - FORGETTING) * self._tokens_per_byte)
        before = request.max_output_tokens if self._output is None else self._output
        self._output = max(usage.output_tokens, (1 - FORGETTING) * before)
        return usage.prompt_tokens + usage.output_tokens
