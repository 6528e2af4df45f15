"""`.revalidate`: a run's answers judged again, by today's validators or for another device, without a request."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rich.console import Console

from synth import config as configs
from synth.config import RunConfig
from synth.display.terminal import console, say
from synth.errors import UsageError
from synth.files.rundir import RunDir, existing_run
from synth.run.admission import surroundings
from synth.run.judging import PoolOpener, open_pool
from synth.run.revalidation import OldAnswers, compared, digest
from synth.run.session import Session, opened
from synth.sampling import catalogue_sets
from synth.store.journal import Journal


def run(given: dict[str, Any], open_pool: PoolOpener = open_pool) -> int:
    """Judges into a run directory of its own and compares; the exit code."""
    old_run = existing_run(given.pop("path", None))
    old = Journal.open_to_read(old_run.journal)
    try:
        return _revalidate(old, old_run, given, console(), open_pool)
    finally:
        old.close()


def _revalidate(old: Journal, old_run: RunDir, given: dict[str, Any], out: Console, open_pool: PoolOpener) -> int:
    source = OldAnswers(old)
    if not source.limit:
        raise UsageError(f"path={old_run.root}: holds no answers.")
    config = replace(_config_of(old_run), output_dir=None, target_accepted=None, num_total_samples=source.limit)
    config = replace(config, **given)
    if config.output_dir is not None and config.output_dir.resolve() == old_run.root.resolve():
        raise UsageError(f"output_dir={config.output_dir}: is the run itself; choose another directory.")
    around = surroundings(config, catalogue_sets(), {"answers of": digest(old)})
    with opened(config, around) as (config, run, journal):
        journal.ledger.take_over(old.ledger.calls())
        again = f"python -m synth .revalidate path={old_run.root} output_dir={run.root}"
        again += "".join(f" {key}={value}" for key, value in given.items() if key != "output_dir")
        code = Session(config, out, open_pool, lambda money: source, journal, run, again).work()
        for line in compared(old, journal):
            say(out, line)
    return code


def _config_of(run: RunDir) -> RunConfig:
    """What the old run was asked to do; keys it did not know are as by default."""
    if not run.config.is_file():
        raise UsageError(f"path={run.root}: {run.config} is missing.")
    return configs.build({}, run.config)
