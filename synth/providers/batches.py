"""What a provider with a batch endpoint offers besides `answer`: jobs of many requests, within a day, at half price.

As everywhere in `providers`: each method is one thing asked of the server, and tells what came of it.  Waiting,
keeping and asking again are `synth/asking/batch.py`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from synth.providers.interface import Answer, Failure, Provider, Request, Usage


@dataclass(frozen=True)
class Job:
    """A job as the server tells of it."""

    id: str
    state: str  # in the server's words
    ended: bool = False
    done: int | None = None  # requests worked on; None where the server does not say
    failure: Failure | None = None  # why nothing of it will be worked on, where it was turned down as a whole
    content: Any = field(default=None, repr=False, compare=False)  # for the endpoint's own use


@dataclass(frozen=True)
class Line:
    """What a job says of one of its requests."""

    status: int | None  # of HTTP, as if the request had been made alone; None: its turn never came
    usage: Usage
    read: Callable[[Request], Answer | Failure]

    @property
    def worked(self) -> bool:
        """Whether the server dealt with the request, for good or bad; else it ran out of time, or stumbled."""
        return self.status is not None and self.status < 500 and self.status not in (429, 499)


class BatchEndpoint(Protocol):
    """The batch endpoint of one provider and model."""

    max_requests: int  # of a job
    max_bytes: int

    def size(self, request: Request) -> int:
        """Bytes of a job that the request takes, or a few more."""
        ...

    async def submit(self, token: str, requests: Sequence[Request]) -> Job | Failure:
        """Hands in a job that `find` will know by `token`.  After a failure in passing it may be there nevertheless."""
        ...

    async def find(self, token: str, since: float) -> Job | Failure | None:
        """The job handed in with `token`, at Unix time `since` or later; None where the server lists none."""
        ...

    async def look(self, job_id: str) -> Job | Failure:
        """How a job does."""
        ...

    async def results(self, job: Job) -> dict[str, Line] | Failure:
        """What an ended job says of its requests, by `key_of`; those it says nothing of were not worked on."""
        ...


def batch_endpoint(provider: Provider) -> BatchEndpoint | None:
    """The provider's attribute `batches`; None where it has none."""
    endpoint: BatchEndpoint | None = getattr(provider, "batches", None)
    return endpoint


def key_of(request: Request) -> str:
    """What a request is called within a job: `sample-attempt`."""
    return f"{request.sample}-{request.attempt}"
