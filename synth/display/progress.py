"""What the monitor looks at while a run is under way."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from synth.asking.money import Money
from synth.display.tally import Tally

if TYPE_CHECKING:
    from synth.asking.asker import EndpointState


class WorkerState(Protocol):
    """One place of the validator pool, as the pool tells it."""

    index: int
    label: str
    stage: str
    since: float


@dataclass
class Progress:
    """Written by the orchestrator, read by the monitor; both live in one thread."""

    total: int
    #: what is counted, and what is said of those that made it
    words: tuple[str, str] = ("samples", "kept")
    target: int | None = None
    phase: str = "starting"
    settled: int = 0
    kept: int = 0
    tally: Tally = field(default_factory=Tally)
    gradients: Tally = field(default_factory=Tally)  # of programs that passed, with backward=true
    workers: Callable[[], Sequence[WorkerState]] = lambda: ()
    money: Money = field(default_factory=Money)
    endpoints: Callable[[], Sequence[EndpointState]] = lambda: ()
    #: for the rate: what was settled and kept when judging began in this process
    began: float = field(default_factory=time.monotonic)
    settled_before: int = 0
    kept_before: int = 0

    def begin(self) -> None:
        """Judging begins now; what a resumed run brings along does not count towards its rate."""
        self.began = time.monotonic()
        self.settled_before, self.kept_before = self.settled, self.kept

    @property
    def elapsed(self) -> float:
        """Seconds of judging in this process."""
        return time.monotonic() - self.began

    @property
    def rate(self) -> float:
        """Samples decided a second."""
        return (self.settled - self.settled_before) / self.elapsed if self.elapsed > 0 else 0.0

    @property
    def eta(self) -> float | None:
        """Seconds to go, once there is a rate to tell from."""
        if not self.rate:
            return None
        left = (self.total - self.settled) / self.rate
        kept = self.kept - self.kept_before
        if self.target is not None and kept:
            left = min(left, (self.target - self.kept) * self.elapsed / kept)
        return max(0.0, left)

    @property
    def whole(self) -> float | None:
        """What the whole run is, in parts of what is done; None before there is anything to tell from."""
        if self.target is not None and self.kept:
            return max(1.0, min(self.target / self.kept, self.total / self.settled))
        return self.total / self.settled if self.settled else None
