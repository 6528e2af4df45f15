"""Moves samples through ask, extract, judge and settle: one asyncio process around a pool of validators.

Samples are worked on side by side and judged in any order, but their fates are decided in index order.  So
what is kept is a pure function of configuration, seed and index, whatever the number of workers and however
often the run was killed.  The window of samples in flight is bounded; nothing is asked for that could not
soon be judged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from enum import Enum, StrEnum, auto
from typing import Protocol

from synth.config import RunConfig
from synth.corpus import Corpus
from synth.errors import CommandError
from synth.extraction import extract
from synth.gate import Gate
from synth.journal import Attempt, Journal
from synth.naming import Names
from synth.progress import Progress, WorkerState
from synth.providers import Answer, Provider, Request
from synth.settlement import Kept
from validators.verdict import Judgement, Program, Reason, Stage, Verdict

WINDOW_PER_WORKER = 8  # deep enough to hide a slow sample, shallow enough to waste little at target_accepted


class JudgingPool(Protocol):
    """What the orchestrator needs of a validator pool."""

    @property
    def workers(self) -> Sequence[WorkerState]:
        """The state of each worker."""
        ...

    @property
    def launching(self) -> str:
        """Whether pairs are launched on a CUDA device: "yes", or why not."""
        ...

    async def judge(self, program: Program) -> Judgement:
        """All stages on one program."""
        ...


class Ending(StrEnum):
    """How a run came to its end."""

    DONE = auto()
    TARGET = auto()
    DRAINED = auto()


class _At(Enum):
    """What a sample's task is doing, as far as draining must know."""

    BEFORE = auto()
    JUDGE = auto()
    TURN = auto()


class Orchestrator:
    """One run's moving parts.  `run` works until the end, `drain` makes the end come early."""

    def __init__(
        self,
        config: RunConfig,
        pattern_of: Callable[[int], tuple[str, ...]],
        provider: Provider,
        pool: JudgingPool,
        journal: Journal,
        corpus: Corpus,
        progress: Progress,
    ) -> None:
        self._config = config
        self._pattern_of = pattern_of
        self._names = Names(pattern_of)
        self._provider = provider
        self._pool = pool
        self._journal = journal
        self._corpus = corpus
        self._progress = progress
        self._kept = Kept(journal.kept_keys())
        self._front = journal.settled()  # the first sample whose fate is open
        self._next = self._front
        self._turns: dict[int, asyncio.Future[None]] = {}
        self._tasks: dict[asyncio.Task[None], int] = {}
        self._at: dict[int, _At] = {}
        self._gate = Gate(config.num_worker)
        self._draining = False
        self._wake = asyncio.Event()  # something other than the end of a task wants the loop's attention

    async def run(self) -> Ending:
        """Works until every sample is decided, the target is met, or what was begun before `drain` is done."""
        try:
            while True:
                if self._target_met():
                    return Ending.TARGET
                if self._draining and _At.JUDGE not in self._at.values():
                    return Ending.DRAINED
                self._fill()
                if not self._tasks:
                    return Ending.DONE
                await self._next_event()
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _next_event(self) -> None:
        """Returns when a sample's task has ended, or something else calls; raises what ended a task."""
        self._wake.clear()
        wake = asyncio.ensure_future(self._wake.wait())
        try:
            await asyncio.wait({wake, *self._tasks}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            wake.cancel()
        for task in [task for task in self._tasks if task.done()]:
            self._at.pop(self._tasks.pop(task), None)
            if not task.cancelled():
                task.result()  # a failure of the pool or the disk ends the run

    def drain(self) -> None:
        """Begins nothing more; what is being judged is finished and kept."""
        self._draining = True
        self._wake.set()
        for task, sample in self._tasks.items():
            if self._at.get(sample) is _At.BEFORE:
                task.cancel()

    def _target_met(self) -> bool:
        target = self._config.target_accepted
        return target is not None and self._progress.kept >= target

    def _fill(self) -> None:
        window = WINDOW_PER_WORKER * self._config.num_worker
        while not self._draining and self._next < min(self._progress.total, self._front + window):
            task = asyncio.create_task(self._sample(self._next, self._names.name(self._next)))
            self._tasks[task] = self._next
            self._at[self._next] = _At.BEFORE
            self._next += 1

    async def _sample(self, sample: int, name: str) -> None:
        """One sample from its first attempt to its fate."""
        for number in range(1, self._config.max_retries + 1):
            attempt = self._journal.attempt(sample, number)
            if attempt is None or not attempt.judged:
                if self._draining:
                    return
                attempt = await self._attempt(sample, number, name, attempt)
            if attempt.stage is None and not self._turned_down(attempt):
                await self._turn(sample)
                if not self._turned_down(attempt):
                    self._settle(attempt, kept=True)
                    return
        await self._turn(sample)
        last = self._journal.attempt(sample, self._config.max_retries)
        assert last is not None
        self._settle(last, kept=False)

    async def _attempt(self, sample: int, number: int, name: str, begun: Attempt | None) -> Attempt:
        """One answer and its judgement; an answer that an earlier process paid for is not asked for again."""
        self._at[sample] = _At.BEFORE
        pattern = self._pattern_of(sample)
        if begun is None:
            request = Request(sample, number, pattern, name, self._config.seed, self._config.temperature)
            answer = await self._ask(request)
            self._journal.add_answer(sample, number, pattern, name, answer.text)
        else:
            answer = Answer(begun.answer)
        extracted = extract(answer.text, name, pattern)
        program = extracted.program
        if program is None:
            assert extracted.refusal is not None
            judgement = Judgement((extracted.refusal,))
            if answer.text is None and answer.detail:
                judgement = Judgement((Verdict(Stage.ANSWER, False, Reason.NO_ANSWER, answer.detail),))
        else:
            async with self._gate.turn(sample):
                self._at[sample] = _At.JUDGE
                judgement = await self._pool.judge(program)
            answered = Verdict(Stage.ANSWER, ok=True, metrics={"final_pattern": list(extracted.final_pattern)})
            judgement = Judgement((answered, *judgement.verdicts), judgement.pair)
        source, entry = (program.source, program.entry_point) if program else (None, None)
        self._journal.add_judgement(sample, number, source, entry, judgement)
        self._progress.tally.add_judgement(pattern, judgement)
        attempt = self._journal.attempt(sample, number)
        assert attempt is not None
        return attempt

    async def _ask(self, request: Request) -> Answer:
        try:
            return await self._provider.answer(request)
        except CommandError:
            raise
        except Exception as error:  # a provider's fault on one request costs one attempt, not the run
            return Answer(None, f"{self._provider.name} failed: {type(error).__name__}: {error}")

    def _turned_down(self, attempt: Attempt) -> bool:
        """Whether the attempt repeats something kept; then the journal says so."""
        found = self._kept.duplicate(attempt)
        if found is None:
            return False
        reason, detail = found
        self._journal.turn_down(attempt.sample, attempt.attempt, Stage.SIMILARITY, reason, detail)
        tally, verdicts = self._progress.tally, attempt.verdicts or ()
        tally.add(attempt.pattern, verdicts, None, None, times=-1)
        tally.add(attempt.pattern, verdicts, Stage.SIMILARITY, reason)
        return True

    async def _turn(self, sample: int) -> None:
        """Returns when every earlier sample is settled."""
        self._at[sample] = _At.TURN
        if self._draining:
            self._wake.set()  # it may have been the last one being judged
        if sample > self._front:
            self._turns[sample] = asyncio.get_running_loop().create_future()
            await self._turns[sample]

    def _settle(self, attempt: Attempt, kept: bool) -> None:
        if self._target_met():
            return  # beyond the target: left open, for a run that raises it
        self._journal.settle(attempt.sample, attempt.attempt, attempt.name, kept)
        self._front = attempt.sample + 1
        self._progress.settled += 1
        if kept:
            self._progress.kept += 1
            self._kept.add(attempt.sample, attempt.source_hash, attempt.signature)
        self._corpus.write(attempt, kept)
        if turn := self._turns.pop(self._front, None):
            turn.set_result(None)
