"""Batch jobs of either protocol: requests worked off over time, wholly or in part."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import uuid4

from synth.mock_server.behaviour import Behaviour
from synth.mock_server.counts import Counts
from synth.mock_server.exchange import Asked, Cause, Refusal, Reply, draws
from synth.mock_server.model import Model
from synth.mock_server.protocols import Endpoint

_STEPS = 10  # parts of `batch_seconds`: the first to validate, the others to work
_AT_ONCE = 20  # requests between two looks at the network


class State(StrEnum):
    """Where a job is."""

    VALIDATING = "validating"
    RUNNING = "running"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    COMPLETED = "completed"
    EXPIRED = "expired"
    FAILED = "failed"

    @property
    def ended(self) -> bool:
        """Nothing will change any more."""
        return self not in (State.VALIDATING, State.RUNNING, State.CANCELLING)


@dataclass(frozen=True)
class Problem:
    """Why a whole job is refused."""

    code: str
    message: str
    line: int | None = None


@dataclass(frozen=True)
class Line:
    """One request of a job; `key` is what the client tells it by."""

    key: Any
    asked: Asked | Refusal


@dataclass
class Job:
    """A batch; `results` are those of the first lines.  Times are Unix seconds."""

    endpoint: Endpoint
    lines: list[Line]
    about: dict[str, Any]
    problem: Problem | None = None
    id: str = field(default_factory=lambda: uuid4().hex)
    state: State = State.VALIDATING
    results: list[Reply | Refusal] = field(default_factory=list)
    created: float = field(default_factory=time.time)
    changed: float = field(default_factory=time.time)

    def become(self, state: State) -> None:
        """The next state."""
        self.state, self.changed = state, time.time()

    @property
    def succeeded(self) -> int:
        """Results that are replies."""
        return sum(isinstance(result, Reply) for result in self.results)


class Jobs:
    """All jobs since the server started."""

    def __init__(self, behaviour: Behaviour, model: Model) -> None:
        self._behaviour = behaviour
        self._model = model
        self._visits: Counter[bytes] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self.by_id: dict[str, Job] = {}

    def start(self, job: Job, counts: Counts) -> None:
        """Begins to work on a job."""
        self.by_id[job.id] = job
        counts.batches += 1
        task = asyncio.create_task(self._work(job, counts))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """Ends all work."""
        for task in self._tasks:
            task.cancel()

    async def _work(self, job: Job, counts: Counts) -> None:
        behaviour = self._behaviour
        expires = behaviour.batch_outcome == "expired"
        await asyncio.sleep(behaviour.batch_seconds / _STEPS)
        if job.problem is None and behaviour.batch_outcome == "failed":
            job.problem = Problem("billing_hard_limit_reached", "Billing hard limit has been reached.")
        if job.problem is not None:
            job.become(State.FAILED)
            return
        if job.state is State.VALIDATING:
            job.become(State.RUNNING)
        counts.batch_requests += len(job.lines)
        goal = int(len(job.lines) * behaviour.batch_done) if expires else len(job.lines)
        for step in range(1, _STEPS):
            await asyncio.sleep(behaviour.batch_seconds / _STEPS)
            while job.state is State.RUNNING and len(job.results) < goal * step // (_STEPS - 1):
                job.results.append(self._result(job.lines[len(job.results)].asked, counts))
                if len(job.results) % _AT_ONCE == 0:
                    await asyncio.sleep(0)
            if job.state is State.CANCELLING:
                job.become(State.CANCELLED)
                return
        job.become(State.EXPIRED if expires else State.COMPLETED)

    def _result(self, asked: Asked | Refusal, counts: Counts) -> Reply | Refusal:
        if isinstance(asked, Refusal):
            return asked
        if refusal := self._model.objection(asked):
            return refusal
        self._visits[asked.identity] += 1
        draw, *_ = draws(self._behaviour.seed, asked.identity, self._visits[asked.identity])
        if draw < self._behaviour.batch_error_rate:
            return Refusal(Cause.SERVER_ERROR, asked.model)
        reply = self._model.reply(asked)
        if isinstance(reply, Reply):
            counts.batch_answered += 1
            counts.texts[asked.identity] += bool(reply.text)
        return reply
