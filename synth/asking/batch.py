"""Asks in batches where a provider has a batch endpoint, with the surface of the `Asker`: half the price, within a day.

A request waits here until a job has room for it, and then until the job has ended; others, of providers without
batches, go on to the `Asker`.  What a job brought is recorded one request at a time, just before it is handed over, so
that the journal holds an answer together with its cost or not at all.  After a kill that is all there is to know: what
a job was handed and has not brought back is still to be had from it, and is asked of nobody else.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from synth.asking.asker import FATAL_AT_FIRST, FATAL_LATER
from synth.asking.batch_desk import Desk
from synth.asking.batch_job import LOST, NEVER, REFUSED, Books, OpenJob
from synth.asking.budget import Budget, Reservation
from synth.asking.calls import ANSWER, Batch, Call
from synth.asking.meter import EndpointState
from synth.asking.prices import BATCH_FACTOR, Price, worst_cost
from synth.providers.batches import BatchEndpoint, Line, batch_endpoint
from synth.providers.interface import About, Answer, Failure, FailureKind, Provider, Request

TRIES = 4  # batches for a request that fails in ways that pass
LAST_WORD = 5.0  # s that a job just being handed in may take to get its name when the run ends

Ask = Callable[[Provider, Request], Awaitable[Answer | Failure]]


@dataclass(frozen=True)
class _Earlier:
    """A job of an earlier process, with the requests it has not brought back and the money kept for them."""

    batch: Batch
    keys: set[str]
    reservation: Reservation = field(repr=False)


class Batcher:
    """The way to batch endpoints.  Lives in one event loop."""

    def __init__(
        self,
        batching: bool,
        batch_size: int,
        budget: Budget,
        price: Callable[[About], Price | None],
        record: Callable[[Call], None],
        books: Books,
        online: Ask,
    ) -> None:
        """`batching`: whether new jobs may be made; without, what is open is collected and all else asked `online`."""
        self._batching, self._batch_size, self._budget = batching, batch_size, budget
        self._price, self._record, self._books, self._online = price, record, books, online
        self._desks: dict[tuple[str, str], Desk] = {}
        self._brought = _brought(books)
        self._earlier = _open_jobs(books, self._brought, budget)

    async def ask(self, provider: Provider, request: Request) -> Answer | Failure:
        """An answer, or why there is none and asking again will not help.

        What a batch had no time for goes into the next one, for as long as batches bring anything; what failed in
        passing up to `TRIES` times; an output budget eaten by reasoning is doubled, once.  Raises as `Asker.ask`.
        """
        desk = self._desk(provider)
        tries, widened = 0, False
        while True:
            job = desk.job_with(request) if desk else None
            if desk is None or (job is None and not self._batching):
                return await self._online(provider, request)
            job = job or await desk.enqueue(request)
            await job.over.wait()
            line = desk.take(job, request)
            if line is None:
                continue
            outcome = self._read(desk, job, line, request)
            if isinstance(outcome, Answer):
                return outcome
            kind = outcome.kind
            if kind is FailureKind.QUOTA_EXHAUSTED or (kind.fatal and _is_fatal(desk)):
                raise desk.stop(outcome.detail)
            if kind.costs_no_attempt:
                continue
            if kind is FailureKind.TRANSIENT and (tries := tries + 1) < TRIES:
                continue
            if kind is FailureKind.REASONING_EXHAUSTED and not widened:
                request, widened = replace(request, max_output_tokens=2 * request.max_output_tokens), True
                continue
            return outcome

    def _desk(self, provider: Provider) -> Desk | None:
        """Where the provider's batches are made and collected; None where it has none to make or collect."""
        endpoint, about = batch_endpoint(provider), provider.about
        name = about.name, about.model
        if endpoint is None or name in self._desks or not (self._batching or name in self._earlier):
            return self._desks.get(name)
        return self._opened(about, endpoint)

    def _opened(self, about: About, endpoint: BatchEndpoint) -> Desk:
        name = about.name, about.model
        price = self._price(about)
        half = price.times(BATCH_FACTOR) if price is not None else None
        args = (about, endpoint, self._batch_size, self._budget, half, self._books)
        desk = self._desks[name] = Desk(*args, gives_up=not self._batching)
        desk.has_answered = bool(self._brought)
        for one in self._earlier.pop(name, ()):
            desk.adopt(OpenJob(one.batch, endpoint, one.reservation), one.keys)
        return desk

    def _read(self, desk: Desk, job: OpenJob, line: Line, request: Request) -> Answer | Failure:
        """Reads and records it; from here to the journal nothing is awaited."""
        outcome, about = line.read(request), desk.about
        worst = None if desk.price is None else worst_cost(request, desk.price)
        answered = isinstance(outcome, Answer)
        self._record(
            Call(
                *(request.sample, request.attempt, about.name, about.model),
                ANSWER if isinstance(outcome, Answer) else outcome.kind.value,
                None if isinstance(outcome, Answer) else outcome.status,
                outcome.usage,
                worst if job.lost else desk.cost(line, worst),
                time.time() - job.batch.created,
                outcome.detail,
                job.id,
            )
        )
        desk.answered += answered
        desk.returned += not line.worked
        if answered:
            desk.has_answered, desk.fatal = True, 0
        return outcome

    def endpoints(self) -> list[EndpointState]:
        """For the monitor."""
        return [desk.state() for desk in self._desks.values()]

    def hang_up(self) -> None:
        """Hands in nothing more; jobs on their way are left to the server."""
        for desk in self._desks.values():
            desk.hang_up()

    def left(self) -> tuple[int, int]:
        """Jobs at servers that are not collected, and the requests open in them."""
        jobs = [job.batch for desk in self._desks.values() for job in desk.jobs]
        jobs += [one.batch for group in self._earlier.values() for one in group]
        return len(jobs), sum(len(batch.custom_ids) for batch in jobs)

    async def aclose(self) -> None:
        """Stops looking at jobs."""
        for desk in self._desks.values():
            await desk.aclose(LAST_WORD)


def _brought(books: Books) -> dict[str, set[str]]:
    """What each job of earlier processes has brought back."""
    brought: dict[str, set[str]] = {}
    for job, sample, attempt in books.batch_calls():
        brought.setdefault(job, set()).add(f"{sample}-{attempt}")
    return brought


def _open_jobs(books: Books, brought: dict[str, set[str]], budget: Budget) -> dict[tuple[str, str], list[_Earlier]]:
    """The jobs that may still bring something, by provider and model, their money set aside."""
    found: dict[tuple[str, str], list[_Earlier]] = {}
    for batch in books.batches():
        keys = set(batch.custom_ids) - brought.get(batch.id, set())
        if keys and batch.state not in (REFUSED, LOST, NEVER):
            earlier = _Earlier(batch, keys, budget.commit(batch.worst))
            found.setdefault((batch.provider, batch.model), []).append(earlier)
    return found


def _is_fatal(desk: Desk) -> bool:
    desk.fatal += 1
    return desk.fatal >= (FATAL_LATER if desk.has_answered else FATAL_AT_FIRST)
