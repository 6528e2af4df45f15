"""Moves samples through ask, extract, judge and settle: one asyncio process around a pool of validators.

Samples are worked on side by side and judged in any order, but their fates are decided in index order.  So
what is kept is a pure function of configuration, seed and index, whatever the number of workers and however
often the run was killed.  How many are under way at a time is `window`'s to say; nothing is asked for that could
not soon be judged.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from enum import Enum, StrEnum, auto
from functools import partial

from synth.answers.naming import Names
from synth.answers.reading import read
from synth.asking.stops import Stopped
from synth.config import RunConfig
from synth.display.progress import Progress
from synth.run import gradient, window
from synth.run.asks import Source
from synth.run.gate import Gate
from synth.run.judging import JudgingPool
from synth.run.settlement import Kept, repeats
from synth.run.turns import Turns
from synth.store.attempts import Attempt
from synth.store.corpus import Corpus
from synth.store.journal import Journal
from validators.normalize import source_hash
from validators.verdict import Judgement, Program, Reason, Stage, Verdict


class Ending(StrEnum):
    """How a run came to its end."""

    DONE = auto()
    TARGET = auto()
    DRAINED = auto()
    STOPPED = auto()


class _At(Enum):
    """Where a sample is."""

    ASK = auto()  # its answer is waited for
    GATE = auto()  # a free validator is
    JUDGE = auto()
    PASSED = auto()  # its turn is: it will be kept if nothing before it is the same
    FAILED = auto()  # its turn is: it will be rejected
    SETTLE = auto()  # its turn has come


_OPEN = (_At.ASK, _At.GATE, _At.JUDGE)


class Orchestrator:
    """One run's moving parts.  `run` works until the end, `drain` makes the end come early."""

    def __init__(
        self,
        config: RunConfig,
        source: Source,
        pool: JudgingPool,
        journal: Journal,
        corpus: Corpus,
        progress: Progress,
    ) -> None:
        self._config = config
        self._source = source
        self._names = Names(source.pattern)
        self._pool = pool
        self._journal = journal
        self._corpus = corpus
        self._progress = progress
        self._kept = Kept(journal.kept_keys())
        self._turns = Turns(journal.settled(), self._called)
        self._next = self._turns.front
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._at: dict[int, _At] = {}
        self._count = dict.fromkeys(_At, 0)
        self._gate = Gate(config.num_worker)
        self._judging = window.Mean()  # seconds of a worker that an answer takes
        self._draining = False
        self.stopped: Stopped | None = None  # why nothing more can be asked
        self._ended: deque[tuple[int, asyncio.Task[None]]] = deque()
        self._wake = asyncio.Event()

    async def run(self) -> Ending:
        """Works until every sample is decided, the target is met, or what was begun before `drain` is done."""
        try:
            while True:
                if self._target_met():
                    if not self._draining:
                        self.drain()
                    if not self._count[_At.ASK]:
                        return Ending.TARGET
                if self._closing and not any(self._count[at] for at in (*_OPEN, _At.SETTLE)):
                    return Ending.DRAINED if self._draining else Ending.STOPPED
                self._fill()
                if not self._tasks:
                    return Ending.DONE
                await self._wake.wait()
                self._wake.clear()
                self._harvest()
        finally:
            tasks = list(self._tasks.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def drain(self) -> None:
        """Begins nothing more.  Answers on their way are kept, what is being judged is finished and kept."""
        self._draining = True
        self._hang_up(_At.ASK, _At.GATE)

    @property
    def _closing(self) -> bool:
        return self._draining or self.stopped is not None

    def _hang_up(self, *places: _At) -> None:
        """Ends what has cost nothing yet."""
        self._wake.set()
        paid = self._source.hang_up()
        for sample, task in self._tasks.items():
            if self._at[sample] in places and sample not in paid:
                task.cancel()

    def _harvest(self) -> None:
        """Takes in the samples that have come to an end; raises what ended a task."""
        while self._ended:
            sample, task = self._ended.popleft()
            del self._tasks[sample]
            self._count[self._at.pop(sample)] -= 1
            if task.cancelled():
                continue
            try:
                task.result()  # a failure of the pool or the disk ends the run
            except Stopped as error:
                if self.stopped is None:
                    self.stopped = error
                    self._hang_up(_At.ASK)  # answers that wait for a validator are judged

    def _target_met(self) -> bool:
        target = self._config.target_accepted
        return target is not None and self._progress.kept >= target

    def _fill(self) -> None:
        while not self._closing and self._next < self._progress.total and self._room():
            sample = self._next
            self._next += 1
            self._at[sample] = _At.ASK
            self._count[_At.ASK] += 1
            task = self._tasks[sample] = asyncio.create_task(self._sample(sample, self._names.name(sample)))
            task.add_done_callback(partial(self._has_ended, sample))

    def _has_ended(self, sample: int, task: asyncio.Task[None]) -> None:
        self._ended.append((sample, task))
        self._wake.set()

    def _room(self) -> bool:
        """Whether one more sample may be begun."""
        if self._source.needs(self._next) > self._turns.front:
            return False
        absorbed = self._config.num_worker / self._judging.value if self._judging.value else 0.0
        limits = self._config.num_worker, self._config.max_in_flight, self._source.floor
        law = (absorbed, self._source.seconds, *limits)
        opened = sum(self._count[at] for at in _OPEN)
        if self._next >= self._turns.front + window.look_ahead(*law) or opened >= window.open_samples(*law):
            return False
        if self._config.target_accepted is None:
            return True
        # Twice what is missing: a yield of one half is common, and what is too much costs money.
        missing = self._config.target_accepted - self._progress.kept - self._count[_At.PASSED]
        return opened < max(2 * missing, self._config.num_worker if missing > 0 else 0)

    def _move(self, sample: int, at: _At) -> None:
        self._count[self._at[sample]] -= 1
        self._at[sample] = at
        self._count[at] += 1

    async def _sample(self, sample: int, name: str) -> None:
        """One sample from its first attempt to its fate."""
        chain: list[Attempt] = []
        for number in range(1, self._config.max_retries + 1):
            attempt = self._journal.attempt(sample, number)
            if attempt is None:
                if self._closing:
                    return
                self._move(sample, _At.ASK)
                if not await self._ask(sample, number, name, chain):
                    break
                attempt = self._of(sample, number)
            if not attempt.judged or self._owes_gradient(attempt):
                if self._draining:
                    return
                attempt = await self._judge(attempt)
            attempt = self._unless_repeated(attempt)
            while attempt.stage is None and sample > self._turns.front:
                await self._wait(attempt)
                attempt = self._unless_repeated(attempt)
            if attempt.stage is None:
                self._settle(attempt, kept=True)
                return
            chain.append(attempt)
            if attempt.reason is Reason.BENCHMARK_SIGNATURE:
                break  # the pattern itself is the benchmark's: no answer to it could pass
        while sample > self._turns.front:
            await self._wait(chain[-1])
        self._settle(chain[-1], kept=False)

    async def _ask(self, sample: int, number: int, name: str, chain: Sequence[Attempt]) -> bool:
        """Journals the answer in the step in which it arrives; False where there is none to be had any more."""
        received = await self._source.ask(sample, number, name, chain)
        if received is None:
            return False
        pattern = self._source.pattern(sample)
        with self._journal.together():
            self._journal.add_answer(sample, number, pattern, name, received.text, received.origin)
            if received.refusal is not None:
                self._record(sample, number, pattern, None, Judgement((received.refusal,)))
        return True

    async def _judge(self, attempt: Attempt) -> Attempt:
        """The attempt with its judgement, and with that of its gradient in the journal where one is asked for."""
        sample, number = attempt.sample, attempt.attempt
        answered, program = read(attempt)
        if program is None:
            self._judging.add(0.0)
            self._record(sample, number, attempt.pattern, None, Judgement((answered,)))
            return self._of(sample, number)
        if not attempt.judged and (repeated := self._repeated(attempt, program)) is not None:
            self._judging.add(0.0)
            self._record(sample, number, attempt.pattern, program, Judgement((answered, *repeated)))
            return self._of(sample, number)
        self._move(sample, _At.GATE)
        async with self._gate.turn(sample):
            self._move(sample, _At.JUDGE)
            began = time.monotonic()
            if not attempt.judged:
                judgement = await self._pool.judge(program)
                judgement = Judgement((answered, *judgement.verdicts), judgement.pair)
                self._record(sample, number, attempt.pattern, program, judgement)
                attempt = self._of(sample, number)
            if self._owes_gradient(attempt):
                derived, judgement = await gradient.judged(program, attempt.verdicts or (), self._pool)
                self._journal.add_gradient(sample, number, derived, judgement)
                self._progress.gradients.add_judgement((), judgement)
            self._judging.add(time.monotonic() - began)
        return attempt

    def _repeated(self, attempt: Attempt, program: Program) -> tuple[Verdict, ...] | None:
        """The verdicts on a program that repeats a kept one's source: what judging it would come to, without torch.

        The pattern has to be the same, too: it decides whether operators are missing.
        """
        try:
            key = source_hash(program.source, program.entry_point)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None  # the validators say what is wrong with it
        kept = self._kept.with_source(key)
        if kept is None or self._source.pattern(kept) != attempt.pattern:
            return None
        metrics = {"source_hash": key}
        said = Verdict(Stage.SIMILARITY, False, Reason.DUPLICATE_SOURCE, repeats(kept), metrics)
        return Verdict(Stage.CONTRACT, True), said

    def _owes_gradient(self, attempt: Attempt) -> bool:
        """Whether the attempt passed and its gradient is still to be judged."""
        wanted = self._config.backward and attempt.pair is not None and attempt.stage is None
        return wanted and self._journal.gradient(attempt.sample, attempt.attempt) is None

    def _record(
        self, sample: int, number: int, pattern: tuple[str, ...], program: Program | None, judgement: Judgement
    ) -> None:
        self._journal.add_judgement(sample, number, program, judgement)
        self._progress.tally.add_judgement(pattern, judgement, number)

    def _of(self, sample: int, number: int) -> Attempt:
        attempt = self._journal.attempt(sample, number)
        assert attempt is not None
        return attempt

    def _unless_repeated(self, attempt: Attempt) -> Attempt:
        """The attempt; turned down, in the journal too, when it passed and repeats something kept."""
        found = self._kept.duplicate(attempt) if attempt.stage is None else None
        if found is None:
            return attempt
        stage, reason, detail = found
        self._journal.turn_down(attempt.sample, attempt.attempt, stage, reason, detail)
        tally, verdicts = self._progress.tally, attempt.verdicts or ()
        tally.add(attempt.pattern, verdicts, None, None, attempt.attempt, times=-1)
        tally.add(attempt.pattern, verdicts, stage, reason, attempt.attempt)
        return replace(attempt, stage=stage, reason=reason, detail=detail)

    async def _wait(self, attempt: Attempt) -> None:
        """Until its turn, or until it is known to repeat something kept."""
        self._move(attempt.sample, _At.PASSED if attempt.stage is None else _At.FAILED)
        self._wake.set()  # there is room for another, or it was the last one that a drain waits for
        await self._turns.wait(attempt)

    def _called(self, sample: int) -> None:
        self._move(sample, _At.SETTLE)

    def _settle(self, attempt: Attempt, kept: bool) -> None:
        if self._target_met():
            return  # beyond the target: left open, for a run that raises it
        self._journal.settle(attempt.sample, attempt.attempt, attempt.name, kept)
        self._progress.settled += 1
        if kept:
            self._progress.kept += 1
            self._kept.add(attempt.sample, attempt.source_hash, attempt.signature, attempt.graph)
        self._corpus.write(attempt, kept)
        self._turns.settled(attempt, kept)
