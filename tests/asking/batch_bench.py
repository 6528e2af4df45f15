"""An endpoint for batches, its books, and a bench that asks it in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import virtual_time
from servers import now, request

from synth.asking import Budget, Call, Price
from synth.asking.batch import Batcher
from synth.asking.calls import Batch
from synth.providers.batches import Job, Line, key_of
from synth.providers.interface import About, Answer, Failure, FailureKind, Request, Usage

USAGE = Usage(prompt_tokens=10, output_tokens=500)
PRICE = Price(1.0, 1.0, 10.0)
GOOD = Answer("text", usage=USAGE)
RESET = Failure(FailureKind.TRANSIENT, "connection reset")
ERROR_500 = Failure(FailureKind.TRANSIENT, "HTTP 500: it fell over", status=500)
FORGOTTEN = Failure(FailureKind.BAD_REQUEST, "HTTP 404: no such batch", status=404)

Reply = Callable[[Request], Answer | Failure]


@dataclass
class Books:
    """A journal in memory."""

    kept: dict[str, Batch] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)

    def add_batch(self, batch: Batch) -> None:
        self.kept[batch.id] = batch

    def name_batch(self, token: str, identity: str) -> None:
        self.kept[identity] = replace(self.kept.pop(token), id=identity)

    def update_batch(self, identity: str, state: str, detail: str = "") -> None:
        self.kept[identity] = replace(self.kept[identity], state=state, detail=detail)

    def batches(self) -> Iterator[Batch]:
        yield from self.kept.values()

    def batch_calls(self) -> Iterator[tuple[str, int, int]]:
        yield from ((call.batch, call.sample, call.attempt) for call in self.calls if call.batch)


@dataclass
class Endpoint:
    """A server that takes `seconds` for a job; `ends` says what becomes of the next ones."""

    seconds: float = 600.0
    reply: Reply = lambda _: GOOD
    max_requests: int = 50_000
    max_bytes: int = 1 << 30
    refusals: list[Failure] = field(default_factory=list)  # of handing in
    too_late: bool = False  # they come after the job was made
    whole: list[Failure] = field(default_factory=list)  # of the next jobs
    looks: list[float] = field(default_factory=list)
    trouble: list[Failure] = field(default_factory=list)  # of looking
    made: dict[str, tuple[str, float, list[Request]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.about = About("fake", "model", endpoint="fake model", prompted=True)
        self.batches = self

    async def answer(self, request: Request) -> Answer | Failure:
        raise AssertionError("asked online")

    async def aclose(self) -> None: ...

    def size(self, request: Request) -> int:
        return 100

    async def submit(self, token: str, requests: Sequence[Request]) -> Job | Failure:
        if self.refusals and not self.too_late:
            return self.refusals.pop(0)
        job_id = f"job-{len(self.made)}"
        self.made[job_id] = token, now(), list(requests)
        if self.refusals:
            return self.refusals.pop(0)
        return Job(job_id, "validating")

    async def find(self, token: str, since: float) -> Job | Failure | None:
        return next((self._job(job_id) for job_id, (known, _, _) in self.made.items() if known == token), None)

    async def look(self, job_id: str) -> Job | Failure:
        self.looks.append(now())
        if self.trouble:
            return self.trouble.pop(0)
        return self._job(job_id)

    def _job(self, job_id: str) -> Job:
        if now() < self.made[job_id][1] + self.seconds:
            return Job(job_id, "running", done=0)
        failure = self.whole.pop(0) if self.whole else None
        return Job(job_id, "failed" if failure else "completed", True, failure=failure)

    async def results(self, job: Job) -> dict[str, Line] | Failure:
        lines = {}
        for one in self.made[job.id][2]:
            said = self.reply(one)
            status = 200 if isinstance(said, Answer) else said.status
            lines[key_of(one)] = Line(status, said.usage, lambda _, said=said: said)  # type: ignore[misc]
        return lines

    @property
    def sizes(self) -> list[int]:
        return [len(requests) for _, _, requests in self.made.values()]


@dataclass
class Bench:
    """A batcher and what it wrote down."""

    endpoint: Endpoint
    books: Books = field(default_factory=Books)
    max_cost: float | None = None
    batch_size: int = 1000
    batching: bool = True
    online: list[Request] = field(default_factory=list)

    def open(self) -> Batcher:
        spent = sum(call.cost or 0.0 for call in self.books.calls)
        self.budget = Budget(self.max_cost, spent)

        async def online(provider: Any, request: Request) -> Answer | Failure:
            self.online.append(request)
            return GOOD

        return Batcher(
            *(self.batching, self.batch_size, self.budget, lambda _: PRICE),
            *(self.books.calls.append, self.books, online),
        )

    def ask(self, *requests: Request, every: float = 0.0) -> list[Any]:
        """What came of each, asked one after the other so many seconds apart."""

        async def main() -> list[Any]:
            batcher = self.open()

            async def one(number: int, request: Request) -> Answer | Failure:
                await asyncio.sleep(number * every)
                return await batcher.ask(self.endpoint, request)

            asked = [one(number, request) for number, request in enumerate(requests)]
            outcomes = await asyncio.gather(*asked, return_exceptions=True)
            self.took = now()
            await batcher.aclose()
            return outcomes

        return virtual_time.run(main())


def many(count: int) -> list[Request]:
    return [request(sample) for sample in range(count)]
