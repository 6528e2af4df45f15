"""One call, and one batch of them, as the journal records it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from synth.providers.interface import Usage

ANSWER, CANCELLED = "answer", "cancelled"


@dataclass(frozen=True)
class Call:
    """What one request to a server came to."""

    sample: int
    attempt: int
    provider: str
    model: str
    outcome: str  # ANSWER, CANCELLED or the value of a FailureKind
    status: int | None  # of HTTP, where it failed
    usage: Usage
    cost: float | None  # US dollars; the worst case where it may have been billed and nobody told; None: no price
    seconds: float  # from sending to the end, no time in our own queue
    detail: str
    batch: str = ""  # the job that brought it; "" for a call of its own


@dataclass(frozen=True)
class Batch:
    """One job at a provider's batch endpoint."""

    id: str
    provider: str
    model: str
    state: str
    custom_ids: tuple[str, ...]
    created: float  # Unix time
    detail: str = ""
    worst: float | None = None  # US dollars that it can cost at most; None: no price

    def named(self, identity: str, state: str) -> Batch:
        """As the provider calls it, once it has taken it."""
        return replace(self, id=identity, state=state)
