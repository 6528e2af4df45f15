"""One `.parallel` command: opens the run's directory and journal, works, and tells how it ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from rich.console import Console

from synth import config as configs
from synth import judging
from synth.admission import admit, surroundings
from synth.config import RunConfig
from synth.corpus import Corpus
from synth.errors import DONE, FEWER, INTERRUPTED
from synth.journal import Journal
from synth.judging import PoolOpener, settings_of
from synth.monitor import watching
from synth.orchestrator import Ending, Orchestrator
from synth.progress import Progress
from synth.providers import Provider, open_provider
from synth.rundir import DEFAULT_PARENT, RunDir
from synth.sampling import OperatorSets, catalogue_sets, sample_pattern
from synth.signals import stopping
from synth.terminal import say


def run_parallel(
    config: RunConfig,
    console: Console,
    open_pool: PoolOpener = judging.open_pool,
    sets: OperatorSets | None = None,
    provider: Provider | None = None,
) -> int:
    """Runs or resumes; the exit code.  `open_pool`, `sets` and `provider` are handed in by tests."""
    provider = provider or open_provider(config.model_name)
    sets = sets or catalogue_sets()
    around = surroundings(sets, provider)
    root = config.output_dir or DEFAULT_PARENT / configs.config_hash(config, around)
    config = replace(config, output_dir=root)
    run = RunDir(root)
    run.create()
    with run.locked():
        run.sweep()
        journal = Journal.create_or_open(run.journal)
        try:
            admit(config, around, journal, run)
            pattern_of = pattern_source(config, sets, provider)
            return _Session(config, console, open_pool, pattern_of, provider, journal, run).work()
        finally:
            journal.close()


def pattern_source(config: RunConfig, sets: OperatorSets, provider: Provider) -> Callable[[int], tuple[str, ...]]:
    """Sample index to pattern: the provider's own patterns where it brings some, sampled ones otherwise."""
    if provider.patterns is not None:
        return provider.patterns.__getitem__
    return partial(sample_pattern, config, sets)


@dataclass(frozen=True)
class _Session:
    """What one process does for a run."""

    config: RunConfig
    console: Console
    open_pool: PoolOpener
    pattern_of: Callable[[int], tuple[str, ...]]
    provider: Provider
    journal: Journal
    run: RunDir

    def work(self) -> int:
        """Picks up where the journal ends, works to the end, and tells of it; the exit code."""
        progress = self._so_far()
        corpus = Corpus(self.run)
        corpus.restore(self.journal)
        if progress.settled:
            self._say(f"resuming {self.run.root}: {progress.settled} of {progress.total} samples decided")
        target = self.config.target_accepted
        open_samples = progress.settled < progress.total and (target is None or progress.kept < target)
        ending = asyncio.run(self._judge(progress, corpus)) if open_samples else Ending.DONE
        return self._tell(ending, progress)

    def _so_far(self) -> Progress:
        total, patterns = self.config.num_total_samples, self.provider.patterns
        if patterns is not None and len(patterns) < total:
            total = len(patterns)
            self._say(f"{self.config.model_name} holds {total} answers, so there are as many samples")
        self.journal.set_meta("total", total)
        progress = Progress(total=total, target=self.config.target_accepted)
        for _, _, _, kept in self.journal.fates():
            progress.settled += 1
            progress.kept += kept
        for outcome in self.journal.outcomes():
            progress.tally.add(*outcome)
        return progress

    async def _judge(self, progress: Progress, corpus: Corpus) -> Ending | None:
        """Works until the end; None when a second signal, or one during the start, stopped it at once."""
        orchestrator: Orchestrator | None = None

        def drain() -> bool:
            if orchestrator is None:
                return False
            progress.phase = "draining"
            self._say("finishing what is being judged; once more stops at once")
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
                        orchestrator = Orchestrator(
                            self.config, self.pattern_of, self.provider, pool, self.journal, corpus, progress
                        )
                        return await orchestrator.run()
            except asyncio.CancelledError:
                return None

    def _tell(self, ending: Ending | None, progress: Progress) -> int:
        root, target = self.run.root, self.config.target_accepted
        if ending in (None, Ending.DRAINED):
            self._say(f"interrupted; go on with: python -m synth .parallel config={self.run.config}")
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

    def _say(self, line: str) -> None:
        say(self.console, line)
