"""`.validate`: judges programs that are there already, and says of each rejected one why."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console

from synth.answers.programs import Candidate, find_candidates, read_candidate
from synth.config import RULES, RunConfig
from synth.display.progress import Progress
from synth.display.terminal import console, say
from synth.errors import DONE, FAILED, INTERRUPTED, UsageError
from synth.run.judging import PROOFS, JudgingPool, PoolOpener, open_pool, settings_of
from synth.run.passing import Batch, Pass, Sink, opened, rejection
from validators.verdict import Judgement, Stage


def run(given: dict[str, Any], open_pool: PoolOpener = open_pool) -> int:
    """Judges everything at `path`; the exit code."""
    if "path" not in given:
        raise UsageError("path is missing: name a .py, .json or .jsonl file, or a directory.")
    path: Path = given["path"]
    found = find_candidates(path)
    config = replace(RunConfig(), **{key: value for key, value in given.items() if key in RULES})
    settings = settings_of(config)
    if "stages" in given:
        settings = replace(settings, stages=tuple(stage for stage in Stage if stage.value in given["stages"]))
    unwritten = [stage for stage in PROOFS if stage in settings.stages and Stage.TRITON not in settings.stages]
    if unwritten:
        raise UsageError(f"stages: {unwritten[0]} proves what triton writes; name both.")
    out = console()

    def candidates() -> Iterator[Candidate]:
        for number, item in enumerate(found, start=1):
            yield read_candidate(item, number, path)

    with opened(given.get("out"), (path, *(item for item in found if isinstance(item, Path)))) as sink:
        progress = Progress(total=len(found), words=("programs", "accepted"))

        def note(candidate: Candidate, judgement: Judgement) -> None:
            _note(candidate, judgement, progress, sink, out)

        work = Pass(progress, config.num_worker, _judge, note)
        finished = asyncio.run(work.run([Batch(settings, candidates())], open_pool, out))
    if not finished:
        say(out, f"interrupted after {progress.settled} of {len(found)} programs")
        return INTERRUPTED
    return FAILED if given.get("strict", False) and progress.kept < progress.settled else DONE


async def _judge(pool: JudgingPool, candidate: Candidate) -> Judgement:
    known = () if candidate.verdict is None else (candidate.verdict,)
    if candidate.program is None:
        return Judgement(known)
    judgement = await pool.judge(candidate.program)
    return Judgement((*known, *judgement.verdicts), judgement.pair)


def _note(candidate: Candidate, judgement: Judgement, progress: Progress, sink: Sink, out: Console) -> None:
    failure, program = judgement.failure, candidate.program
    progress.tally.add_judgement(program.pattern if program else (), judgement)
    if failure is not None:
        say(out, rejection(candidate.label, failure))
    sink.write(
        {
            "program": candidate.label,
            "entry_point": program.entry_point if program else None,
            "accepted": failure is None,
            "stage": failure.stage if failure else None,
            "reason": failure.reason if failure else None,
            "verdicts": [verdict.to_json() for verdict in judgement.verdicts],
            "python_code": program.source if program else None,
            "pair": judgement.pair.to_json() if judgement.pair else None,
        }
    )
