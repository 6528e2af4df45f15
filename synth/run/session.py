"""One process's work on a run: opens its directory and journal, works, and tells how it ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from synth import config as configs
from synth.asking.calls import Call
from synth.asking.money import Money
from synth.asking.stops import BudgetSpent, Stopped
from synth.config import RunConfig
from synth.display.figures import progress_of
from synth.display.monitor import watching
from synth.display.progress import Progress
from synth.display.terminal import say
from synth.errors import DONE, FEWER, INTERRUPTED, STOPPED
from synth.files.rundir import DEFAULT_PARENT, RunDir
from synth.providers import Choice
from synth.run import judging
from synth.run.admission import admit, surroundings
from synth.run.asks import Asks, Source
from synth.run.casting import Cast, open_cast
from synth.run.judging import PoolOpener, settings_of
from synth.run.orchestrator import Ending, Orchestrator
from synth.run.signals import stopping
from synth.sampling import OperatorSets, catalogue_sets
from synth.store.corpus import Corpus
from synth.store.journal import Journal


def run_parallel(
    config: RunConfig,
    console: Console,
    open_pool: PoolOpener = judging.open_pool,
    sets: OperatorSets | None = None,
    choice: Choice | None = None,
) -> int:
    """Runs or resumes; the exit code.  `open_pool`, `sets` and `choice` are handed in by tests."""
    sets = sets or catalogue_sets()
    cast = open_cast(config, sets, choice)
    return run_cast(config, cast, surroundings(config, sets, cast.identity), console, open_pool)


def run_cast(
    config: RunConfig,
    cast: Cast,
    around: dict[str, str],
    console: Console,
    open_pool: PoolOpener,
    again: str = "",
) -> int:
    """Runs or resumes with providers that are open; `again` is what the user is told to go on with."""
    with opened(config, around) as (config, run, journal):
        cast = cast.following(journal)

        def open_source(money: Money) -> Source:
            def record(call: Call) -> None:
                journal.ledger.record(call)
                money.add(call)

            return Asks(config, cast, journal.ledger.spent(), record, journal.ledger)

        again = again or f"python -m synth .parallel config={run.config}"
        return Session(config, console, open_pool, open_source, journal, run, again).work()


def directory(config: RunConfig, around: dict[str, str]) -> Path:
    """Where a run lands."""
    return config.output_dir or DEFAULT_PARENT / configs.config_hash(config, around)


@contextmanager
def opened(config: RunConfig, around: dict[str, str]) -> Iterator[tuple[RunConfig, RunDir, Journal]]:
    """The run's directory, made or found again, nobody else at work there; the configuration names it."""
    root = directory(config, around)
    config = replace(config, output_dir=root)
    run = RunDir(root)
    run.create()
    with run.locked():
        run.sweep()
        journal = Journal.create_or_open(run.journal)
        try:
            admit(config, around, journal, run)
            yield config, run, journal
        finally:
            journal.close()


@dataclass(frozen=True)
class Session:
    """What one process does for a run."""

    config: RunConfig
    console: Console
    open_pool: PoolOpener
    open_source: Callable[[Money], Source]
    journal: Journal
    run: RunDir
    again: str  # the command that goes on

    def work(self) -> int:
        """Picks up where the journal ends, works to the end, and tells of it; the exit code."""
        progress, source = self._so_far()
        corpus = Corpus(self.run)
        corpus.restore(self.journal)
        if progress.settled:
            self._say(f"resuming {self.run.root}: {progress.settled} of {progress.total} samples decided")
        target = self.config.target_accepted
        if progress.settled >= progress.total or (target is not None and progress.kept >= target):
            return self._tell(Ending.DONE, progress)
        return asyncio.run(self._work(source, progress, corpus))

    def _so_far(self) -> tuple[Progress, Source]:
        progress = progress_of(self.journal)
        progress.total, progress.target = self.config.num_total_samples, self.config.target_accepted
        progress.money.max_cost = self.config.max_cost
        source = self.open_source(progress.money)
        if source.limit is not None and source.limit < progress.total:
            progress.total = source.limit
            self._say(f"there are {progress.total} answers, so there are as many samples")
        progress.endpoints = source.endpoints
        self.journal.set_meta("total", progress.total)
        return progress, source

    async def _work(self, source: Source, progress: Progress, corpus: Corpus) -> int:
        orchestrator: Orchestrator | None = None

        def drain() -> bool:
            if orchestrator is None:
                return False
            progress.phase = "draining"
            self._say("finishing what is being judged and keeping answers on their way; once more stops at once")
            orchestrator.drain()
            return True

        with stopping(drain):
            try:
                async with watching(progress, self.console):
                    progress.phase = "starting the validators"
                    async with self.open_pool(self.config.num_worker, settings_of(self.config)) as pool:
                        progress.phase = "judging"
                        progress.workers = lambda: pool.workers
                        progress.begin()
                        orchestrator = Orchestrator(self.config, source, pool, self.journal, corpus, progress)
                        ending = await orchestrator.run()
                if orchestrator.stopped is not None:
                    return self._tell_why(orchestrator.stopped)
                return self._tell(ending, progress)
            except asyncio.CancelledError:
                return self._tell(Ending.DRAINED, progress)
            finally:
                await source.aclose()
                if left := source.left():
                    self._say(left)

    def _tell(self, ending: Ending, progress: Progress) -> int:
        root, target = self.run.root, self.config.target_accepted
        if ending is Ending.DRAINED:
            self._say(f"interrupted; go on with: {self.again}")
            return INTERRUPTED
        self._say(f"{progress.kept} programs in {root}")
        if progress.kept == 0:
            self._say(f"no program was kept; see the reasons: python -m synth .stats path={root}")
            return FEWER
        self._say(f"pairs: python -m synth .export path={root}")
        if target is not None and progress.kept < target:
            self._say(f"target_accepted={target} was not reached; raise num_total_samples to go on")
            return FEWER
        return DONE

    def _tell_why(self, stopped: Stopped) -> int:
        more = ""
        if isinstance(stopped, BudgetSpent) and self.config.max_cost is not None:
            more = f" max_cost={2 * self.config.max_cost:g}"
        self._say(f"stopped: {str(stopped).rstrip('.')}. Go on with: {self.again}{more}")
        return STOPPED

    def _say(self, line: str) -> None:
        say(self.console, line)
