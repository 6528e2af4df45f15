"""`.estimate`: a pilot of a run, and what it says of the whole."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

from synth import config as configs
from synth.display.estimation import projection, spent_by
from synth.display.terminal import console, say
from synth.errors import DONE, FEWER
from synth.files.rundir import RunDir
from synth.providers import Choice
from synth.run.admission import surroundings
from synth.run.casting import open_cast
from synth.run.judging import PoolOpener, open_pool
from synth.run.session import directory, run_cast
from synth.sampling import OperatorSets, catalogue_sets
from synth.store.journal import Journal


def run(
    given: dict[str, Any],
    open_pool: PoolOpener = open_pool,
    sets: OperatorSets | None = None,
    choice: Choice | None = None,
) -> int:
    """Runs the pilot, or goes on with it, and prints the projection; the exit code."""
    pilot = given.pop("pilot", 20)
    config = configs.build(given, given.pop("config", None))
    out, sets = console(), sets or catalogue_sets()
    small = replace(config, num_total_samples=min(pilot, config.num_total_samples), target_accepted=None)
    if config.output_dir is not None:
        small = replace(small, output_dir=config.output_dir.with_name(f"{config.output_dir.name}-pilot"))
    cast = open_cast(small, sets, choice)
    if cast.limit is not None:
        config = replace(config, num_total_samples=min(config.num_total_samples, cast.limit))
    around = surroundings(small, sets, cast.identity)
    small = replace(small, output_dir=directory(small, around))
    code = run_cast(small, cast, around, out, open_pool, again="the same command")
    assert small.output_dir is not None
    run_dir = RunDir(small.output_dir)
    journal = Journal.open_to_read(run_dir.journal)
    try:
        samples = spent_by(journal)
    finally:
        journal.close()
    if samples:
        for line in projection(config, len(os.sched_getaffinity(0)), samples):
            say(out, line)
        scope = f"num_total_samples={config.num_total_samples}"
        scope += "" if config.target_accepted is None else f" target_accepted={config.target_accepted}"
        say(out, f"the pilot counts; go on from it with: python -m synth .parallel config={run_dir.config} {scope}")
    return DONE if code == FEWER else code
