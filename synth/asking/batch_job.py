"""One job at a batch endpoint, from the moment the journal knows of it to its results.

The journal is told of a job before the server is, under a token of ours that the server keeps with it.  So a process
that is killed between the server's yes and our noting it pays nothing twice: the next one looks the token up.  What
remains open is a job that the server makes, or begins to list, only after that look: hence several looks, and a
minute's patience, where the kill was just now.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Protocol, TypeVar

from synth.asking.budget import Reservation
from synth.asking.calls import Batch
from synth.errors import CommandError
from synth.providers.batches import BatchEndpoint, Job, Line
from synth.providers.interface import Failure, FailureKind, Request, Usage

SUBMITTING = "submitting"  # the state of a job that the server may or may not know
REFUSED, LOST, NEVER = "failed", "lost", "never handed in"  # those of jobs that will never bring anything
FIRST_LOOK, LONGEST_LOOK = 5.0, 120.0  # s between two looks at a job
LOOK_SHARE = 0.05  # of a job's age: what ends a little late is no loss
TRIES = 10  # failures in a row before handing in is given up
FIRST_BACKOFF, LONGEST_BACKOFF = 1.0, 60.0  # s
SEARCHES, SEARCH_PAUSE = 4, 15.0  # for a job that may have been made just before a kill; s
JUST_NOW = 900.0  # s

_Got = TypeVar("_Got")


class Books(Protocol):
    """What the journal keeps of batches."""

    def add_batch(self, batch: Batch) -> None:
        """A job is about to be handed in."""
        ...

    def name_batch(self, token: str, identity: str) -> None:
        """The server took it, and calls it so."""
        ...

    def update_batch(self, identity: str, state: str, detail: str = "") -> None:
        """Something new of a job."""
        ...

    def batches(self) -> Iterator[Batch]:
        """All jobs, the oldest first."""
        ...

    def batch_calls(self) -> Iterator[tuple[str, int, int]]:
        """Job, sample and attempt of each request that a job has brought back."""
        ...


class End(Enum):
    """What became of a job."""

    RESULTS = auto()
    REFUSED = auto()  # turned down as a whole, or never accepted: nothing was done, nothing is billed
    GONE = auto()  # the server knows nothing of a job that it once took
    NEVER = auto()  # an earlier process did not get as far as handing it in


@dataclass(eq=False)
class OpenJob:
    """A job on its way.  `over` is set at its end, when `lines` or `error` says what came of it."""

    batch: Batch
    endpoint: BatchEndpoint
    reservation: Reservation
    requests: Sequence[Request] = ()  # what to hand in; empty for a job of an earlier process
    seen: Job | None = None
    trouble: str = ""  # why the last look failed
    over: asyncio.Event = field(default_factory=asyncio.Event)
    lines: Mapping[str, Line] | None = None  # None: its requests are to be asked for anew
    failure: Failure | None = None  # why it was refused
    error: CommandError | None = None  # why asking ends for good
    lost: bool = False  # nobody will ever tell what came of it

    @property
    def id(self) -> str:
        """As the server calls it, or else our token."""
        return self.batch.id

    def line(self, key: str) -> Line | None:
        """What it says of a request; None when that is to be asked for anew.  Requests it leaves out had no turn."""
        if self.lines is None:
            return None
        if key in self.lines:
            return self.lines[key]
        state = self.seen.state if self.seen is not None and not self.lost else LOST
        kind = FailureKind.TRANSIENT if self.lost else FailureKind.OVERLOADED
        failure = Failure(kind, f"the batch brought nothing for it: {state}")
        return Line(None, Usage(), lambda _: failure)

    async def work(self, books: Books) -> End:
        """Hands it in or finds it again, waits for its end and fetches what it brought."""
        if self.batch.state == SUBMITTING:
            got = await (self._hand_in() if self.requests else self._search())
            if got is None:
                return End.NEVER
            if isinstance(got, Failure):
                self.failure = got
                return End.REFUSED
            books.name_batch(self.batch.id, got.id)
            self.batch = self.batch.named(got.id, got.state)
            self._note(got, books)
        elif not await self._look(books):
            return End.GONE
        self.requests = ()
        while self.seen is None or not self.seen.ended:
            await asyncio.sleep(_between_looks(time.time() - self.batch.created))
            if not await self._look(books):
                return End.GONE
        if self.seen.failure is not None:
            self.failure = self.seen.failure
            return End.REFUSED
        ended = self.seen
        results = await self._patiently(lambda: self.endpoint.results(ended))
        if isinstance(results, Failure):
            self.failure = results
            return End.GONE
        self.lines = results
        return End.RESULTS

    async def _hand_in(self) -> Job | Failure:
        """After a failure that may have come too late, looks whether the job is there before it is handed in again."""
        tries, doubtful = 0, False
        while True:
            got = await self._found() if doubtful else await _call(self.endpoint.submit(self.batch.id, self.requests))
            if isinstance(got, Job):
                return got
            if got is None:
                doubtful = False
                continue
            self.trouble = got.detail
            if got.kind is FailureKind.TRANSIENT:
                tries, doubtful = tries + 1, True
            if tries >= TRIES or not (got.kind is FailureKind.TRANSIENT or got.kind.costs_no_attempt):
                return got
            await asyncio.sleep(_backoff(max(tries, 1), got.retry_after))

    async def _search(self) -> Job | Failure | None:
        """For the job of a process that was killed while it handed it in."""
        just_now = time.time() - self.batch.created < JUST_NOW
        for search in range(SEARCHES if just_now else 1):
            if search:
                await asyncio.sleep(SEARCH_PAUSE)
            got = await self._patiently(self._found)
            if got is not None:
                return got
        return None

    async def _found(self) -> Job | Failure | None:
        return await _call(self.endpoint.find(self.batch.id, self.batch.created))

    async def _look(self, books: Books) -> bool:
        """Whether the server still knows the job; waits until it can tell."""
        got = await self._patiently(lambda: self.endpoint.look(self.id))
        if isinstance(got, Failure):
            self.failure = got
            return False
        self._note(got, books)
        return True

    def _note(self, job: Job, books: Books) -> None:
        detail = job.failure.detail if job.failure else ""
        if self.seen is None or self.seen.state != job.state:
            books.update_batch(self.id, job.state, detail)
        self.seen = job

    async def _patiently(self, ask: _Asking[_Got]) -> _Got | Failure:
        """Asks until the server answers: the job is being worked on, whether or not it can be seen at the moment."""
        tries = 0
        while True:
            got = await _call(ask())
            if not isinstance(got, Failure):
                self.trouble = ""
                return got
            self.trouble = got.detail
            if not (got.kind is FailureKind.TRANSIENT or got.kind.costs_no_attempt):
                return got
            tries += 1
            await asyncio.sleep(_backoff(tries, got.retry_after))


class _Asking(Protocol[_Got]):  # type: ignore[misc]
    def __call__(self) -> Awaitable[_Got | Failure]: ...


async def _call(asked: Awaitable[_Got | Failure]) -> _Got | Failure:
    """What came of it; a provider's own fault is a failure, and its text might hold a prompt or a key."""
    try:
        return await asked
    except CommandError:
        raise
    except Exception as error:
        return Failure(FailureKind.TRANSIENT, f"the provider failed: {type(error).__name__}")


def _between_looks(age: float) -> float:
    """Seconds until the next look at a job of that age; scattered, so that many jobs do not ask in step."""
    return random.uniform(0.8, 1.2) * min(max(FIRST_LOOK, LOOK_SHARE * age), LONGEST_LOOK)


def _backoff(tries: int, hint: float | None) -> float:
    """Seconds; doubled with each failure, jittered, never below what the server asks for."""
    return (hint or 0.0) + random.uniform(0.5, 1.0) * min(FIRST_BACKOFF * 2 ** (tries - 1), LONGEST_BACKOFF)
