"""The queue before one batch endpoint: which requests go into which job, and what a job's end means for the next.

A job is handed in when it is full, or when nothing more has come for a while.  How long that while is follows from
how long jobs take: to wait a fortieth of it for company costs little, and saves many small jobs.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from uuid import uuid4

from synth.asking.batch_job import LOST, NEVER, REFUSED, SUBMITTING, Books, End, OpenJob
from synth.asking.budget import Budget
from synth.asking.calls import Batch
from synth.asking.meter import EndpointState
from synth.asking.prices import Price, cost_of, worst_cost
from synth.asking.stops import BudgetSpent, Stopped
from synth.errors import CommandError
from synth.providers.batches import BatchEndpoint, Line, key_of
from synth.providers.interface import About, FailureKind, Request

QUIET, LONGEST_QUIET = 3.0, 60.0  # s without a new request before a job goes out that is not full
QUIET_SHARE = 1 / 40  # of the time that jobs take
LONGEST = 4  # times as long, for the first of those that wait
FRUITLESS = 3  # jobs in a row that brought nothing stop the endpoint
FIRST_PAUSE, LONGEST_PAUSE = 60.0, 900.0  # s after a job was turned down because too much is in line already


@dataclass(eq=False)
class _Waiter:
    request: Request
    ticket: asyncio.Future[OpenJob]


class Desk:
    """All jobs of one provider and model.  Lives in one event loop."""

    def __init__(
        self,
        about: About,
        endpoint: BatchEndpoint,
        batch_size: int,
        budget: Budget,
        price: Price | None,
        books: Books,
        gives_up: bool,
    ) -> None:
        """`price` is that of batches; `gives_up` whether jobs the server has forgotten are asked for elsewhere."""
        self.about, self.price = about, price
        self.stopped = ""  # why
        self.answered = self.returned = 0  # requests
        self.has_answered, self.fatal = False, 0  # fatal failures since it last answered
        self.jobs: list[OpenJob] = []
        self._endpoint, self._budget, self._books, self._gives_up = endpoint, budget, books, gives_up
        self._size = self._limit = min(batch_size, endpoint.max_requests)
        self._queue: list[_Waiter] = []
        self._first = self._last = 0.0  # when the first and the last of them came
        self._timer: asyncio.TimerHandle | None = None
        self._paused_until = 0.0
        self._pause = FIRST_PAUSE
        self._fruitless = 0
        self._took = 0.0  # s, the last job
        self._closing = False
        self._by_key: dict[str, OpenJob] = {}
        self._tasks: dict[asyncio.Task[None], OpenJob] = {}
        self._loop = asyncio.get_running_loop()
        budget.watch(self._pump)

    def job_with(self, request: Request) -> OpenJob | None:
        """The job that a request is in."""
        return self._by_key.get(key_of(request))

    def take(self, job: OpenJob, request: Request) -> Line | None:
        """What an ended job says of a request, once; None when it is to be asked for anew.  Raises its error."""
        if job.error is not None:
            raise job.error
        key = key_of(request)
        del self._by_key[key]
        if job.lines is None:
            return None
        return job.line(key)

    async def enqueue(self, request: Request) -> OpenJob:
        """Waits until the request is in a job.  Raises Stopped, BudgetSpent among them."""
        if self.stopped:
            raise Stopped(self.stopped)
        waiter = _Waiter(request, self._loop.create_future())
        self._last = self._loop.time()
        if not self._queue:
            self._first = self._last
        self._queue.append(waiter)
        self._pump()
        return await waiter.ticket

    def adopt(self, job: OpenJob, keys: set[str]) -> None:
        """A job of an earlier process, in which these requests are open."""
        self._by_key.update(dict.fromkeys(keys, job))
        self._start(job)

    def _pump(self) -> None:
        """Hands in what is due, and sets the timer for the rest."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while not self._closing:
            self._queue = [waiter for waiter in self._queue if not waiter.ticket.done()]
            if not self._queue:
                return
            quiet = min(max(QUIET, QUIET_SHARE * self._took), LONGEST_QUIET)
            full = len(self._queue) >= self._limit
            due = 0.0 if full else min(self._last + quiet, self._first + LONGEST * quiet)
            due = max(due, self._paused_until)
            if due > self._loop.time():
                self._timer = self._loop.call_at(due, self._pump)
                return
            if not self._hand_in():
                return  # the budget calls when there is room

    def _hand_in(self) -> bool:
        """One job more, the lowest samples first; False where there is no money for it now."""
        waiters, worst = self._chosen()
        try:
            reservation = self._budget.reserve(worst)
        except BudgetSpent as error:
            self._refuse(error)
            return False
        if reservation is None:
            return False
        requests = [waiter.request for waiter in waiters]
        keys = tuple(map(key_of, requests))
        batch = Batch(uuid4().hex, self.about.name, self.about.model, SUBMITTING, keys, time.time(), "", worst)
        self._books.add_batch(batch)
        job = OpenJob(batch, self._endpoint, reservation, requests)
        self._by_key.update(dict.fromkeys(keys, job))
        for waiter in waiters:
            waiter.ticket.set_result(job)
        self._start(job)
        return True

    def _chosen(self) -> tuple[list[_Waiter], float | None]:
        """Who goes into the next job, and what that can cost at most: one at least, more as far as there is room."""
        budget, chosen, size, worst = self._budget, list[_Waiter](), 0, 0.0
        # A billionth of a dollar less, for sums of floats.
        room = None if budget.max_cost is None else budget.max_cost - budget.spent - budget.reserved - 1e-9
        for waiter in sorted(self._queue, key=lambda waiter: (waiter.request.sample, waiter.request.attempt)):
            size += self._endpoint.size(waiter.request)
            each = worst_cost(waiter.request, self.price) if self.price is not None else 0.0
            too_much = size > self._endpoint.max_bytes or (room is not None and worst + each > room)
            if len(chosen) >= self._limit or (chosen and too_much):
                break
            chosen.append(waiter)
            worst += each
        return chosen, worst if self.price is not None else None

    def _start(self, job: OpenJob) -> None:
        self.jobs.append(job)
        task = asyncio.create_task(self._run(job))
        self._tasks[task] = job
        task.add_done_callback(lambda task: self._tasks.pop(task, None))

    async def _run(self, job: OpenJob) -> None:
        try:
            self._conclude(job, await job.work(self._books))
        except CommandError as error:  # the journal cannot be written
            job.error = error
        except Exception as error:  # nobody must wait for ever for what will not come
            job.error = CommandError(f"{self.about.name}: batch {job.id} failed: {type(error).__name__}")
        job.over.set()
        self.jobs.remove(job)
        self._pump()

    def _conclude(self, job: OpenJob, end: End) -> None:
        """Settles what it cost, and draws the lesson for the jobs to come."""
        if end is End.RESULTS:
            self._learn(job)
            self._budget.settle(job.reservation, self._cost(job))
        elif end is End.NEVER:
            self._books.update_batch(job.id, NEVER)
            self._budget.settle(job.reservation, 0.0)
        elif end is End.REFUSED:
            self._budget.settle(job.reservation, 0.0)
            self._refused(job)
        else:
            self._budget.settle(job.reservation, None)
            self._gone(job)

    def _learn(self, job: OpenJob) -> None:
        assert job.lines is not None and job.seen is not None
        self._took = time.time() - job.batch.created
        self._pause = FIRST_PAUSE
        self._limit = min(self._size, 2 * self._limit)
        if any(line.worked for line in job.lines.values()):
            self._fruitless = 0
            return
        self._fruitless += 1
        if self._fruitless >= FRUITLESS:
            job.error = self.stop(f"{self._fruitless} batches in a row brought nothing; the last is {job.seen.state}")

    def _refused(self, job: OpenJob) -> None:
        failure = job.failure
        assert failure is not None
        if job.batch.state != SUBMITTING or failure.kind is not FailureKind.TRANSIENT:
            self._books.update_batch(job.id, REFUSED, failure.detail)  # else it may be there: the next start will look
        count = len(job.batch.custom_ids)
        if failure.kind.costs_no_attempt or (failure.kind.hopeless and count > 1):
            self._limit = max(1, min(self._limit, count) // 2)
            self._paused_until = self._loop.time() + max(self._pause, failure.retry_after or 0.0)
            self._pause = min(2 * self._pause, LONGEST_PAUSE)
        elif failure.kind is FailureKind.TRANSIENT and job.seen is not None and self._fruitless + 1 < FRUITLESS:
            self._fruitless += 1
        else:
            job.error = self.stop(f"a batch of {count} requests was not taken: {failure.detail}")

    def _gone(self, job: OpenJob) -> None:
        detail = job.failure.detail if job.failure else ""
        if not self._gives_up:
            job.error = self.stop(
                f"batch {job.id} cannot be collected ({detail}); with the key it was made with it can,"
                " and mode=online asks for its answers again"
            )
            return
        self._books.update_batch(job.id, LOST, detail)
        job.lines, job.lost = {}, True

    def _cost(self, job: OpenJob) -> float | None:
        """US dollars of all that an earlier process has not counted; None where the server does not tell."""
        assert job.lines is not None
        costs = [self.cost(line, None) for key, line in job.lines.items() if self._by_key.get(key) is job]
        known = [cost for cost in costs if cost is not None]
        return sum(known) if len(known) == len(costs) else None

    def cost(self, line: Line, worst: float | None) -> float | None:
        """US dollars of one request; `worst` where it was answered and the server does not tell."""
        cost = cost_of(line.usage, self.price)
        if cost is None and self.price is not None:
            return worst if line.status == 200 else 0.0
        return cost

    def stop(self, why: str) -> Stopped:
        """Nothing more is handed in; everyone in the queue is told."""
        name = f"{self.about.name}:{self.about.model}"
        self.stopped = self.stopped or f"{name}: {why}; everything that came back is kept."
        self._refuse(Stopped(self.stopped))
        return Stopped(self.stopped)

    def _refuse(self, error: Stopped) -> None:
        queue, self._queue = self._queue, []
        for waiter in queue:
            if not waiter.ticket.done():
                waiter.ticket.set_exception(error)

    def hang_up(self) -> None:
        """Hands in nothing more."""
        self._closing = True

    async def aclose(self, patience: float) -> None:
        """Leaves the jobs to the server; one that is just being handed in gets `patience` seconds to get its name."""
        self.hang_up()
        if self._timer is not None:
            self._timer.cancel()
        with suppress(TimeoutError, asyncio.CancelledError):  # a second Ctrl-C ends the patience, not the closing
            async with asyncio.timeout(patience):
                while any(job.requests for job in self._tasks.values()):
                    await asyncio.sleep(0.02)
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def state(self) -> EndpointState:
        """For the monitor."""
        sent = sum(len(job.batch.custom_ids) for job in self.jobs)
        done = sum((job.seen.done or 0) for job in self.jobs if job.seen is not None)
        states = Counter(job.seen.state if job.seen else SUBMITTING for job in self.jobs)
        said = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
        trouble = next((job.trouble for job in self.jobs if job.trouble), "")
        word = trouble[:60] or (f"batches: {said}, {done} done" if said else "no batch")
        return EndpointState(
            endpoint=self.about.endpoint,
            in_flight=sent,
            limit=max(sent, self._limit),
            rate=None,
            waiting=len(self._queue),
            state="stopped" if self.stopped else word,
            answered=self.answered,
            refused=self.returned,
            p50=None,
            p95=None,
            tokens_per_second=0.0,
            detail=trouble,
        )
