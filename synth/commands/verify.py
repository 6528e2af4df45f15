"""`.verify`: proves pairs again, or for the first time, from their texts alone."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console

from synth.config import RULES, RunConfig
from synth.display.progress import Progress
from synth.display.terminal import console, say
from synth.display.terminal_report import percent
from synth.errors import DONE, FEWER, INTERRUPTED, UsageError
from synth.pairs import GivenPair, find_pairs
from synth.run.judging import PROOFS, JudgingPool, PoolOpener, open_pool, settings_of
from synth.run.passing import Batch, Pass, Sink, opened, rejection
from validators.verdict import Judgement, Program, Settings, Stage


def run(given: dict[str, Any], open_pool: PoolOpener = open_pool) -> int:
    """Proves every row at `path`; the exit code."""
    if "path" not in given:
        raise UsageError("path is missing: name a .parquet or .jsonl file of pairs, a directory of them, or a run.")
    path: Path = given["path"]
    pairs = find_pairs(path, given.get("limit"))
    config = replace(RunConfig(), **{key: value for key, value in given.items() if key in RULES})
    asked = given.get("stages", PROOFS)
    settings = replace(settings_of(config), stages=(Stage.CONTRACT, *(stage for stage in PROOFS if stage in asked)))
    out = console()
    with opened(given.get("out"), (path,)) as sink:
        progress = Progress(total=len(pairs), words=("pairs", "proved"))

        def note(pair: GivenPair, judgement: Judgement) -> None:
            _note(pair, judgement, progress, sink, out)

        work = Pass(progress, config.num_worker, _judge, note)
        batches = _by_target(pairs, settings, chosen="device_target" in given)
        finished = asyncio.run(work.run(batches, open_pool, out))
    if not finished:
        say(out, f"interrupted after {progress.settled} of {len(pairs)} pairs")
        return INTERRUPTED
    proved = f"{progress.kept} of {len(pairs)} pairs proved ({percent(progress.kept, len(pairs))})"
    say(out, f"{proved} by {' and '.join(_ways(settings))}")
    return DONE if progress.kept == len(pairs) else FEWER


def _by_target(pairs: list[GivenPair], settings: Settings, chosen: bool) -> list[Batch[GivenPair]]:
    """The pairs of each target together, since a warm process knows one; each in the order they stand in."""
    known = RULES["device_target"]
    found: dict[tuple[str, ...], list[GivenPair]] = {}
    for pair in pairs:
        targets = settings.device_targets if chosen or not pair.device_targets else pair.device_targets
        try:
            known.convert(list(targets))
        except ValueError:
            raise UsageError(
                f"{pair.label}: was made for {', '.join(targets)}; say with device_target= what to compile it for."
            ) from None
        found.setdefault(targets, []).append(pair)
    return [
        Batch(replace(settings, device_target=targets[0], further_targets=targets[1:]), same)
        for targets, same in found.items()
    ]


def _ways(settings: Settings) -> list[str]:
    said = {Stage.COMPILED: "compiling their kernels", Stage.NUMERICS: "running them against eager"}
    return [said[stage] for stage in settings.stages if stage in said]


async def _judge(pool: JudgingPool, pair: GivenPair) -> Judgement:
    return await pool.verify(Program(pair.python_code, pair.entry_point), pair.triton_code)


def _note(pair: GivenPair, judgement: Judgement, progress: Progress, sink: Sink, out: Console) -> None:
    failure = judgement.failure
    progress.tally.add_judgement((), judgement)
    if failure is not None:
        say(out, rejection(pair.label, failure))
    sink.write(
        {
            "pair": pair.label,
            "entry_point": pair.entry_point,
            "proved": failure is None,
            "stage": failure.stage if failure else None,
            "reason": failure.reason if failure else None,
            "detail": failure.detail if failure else "",
            "evidence": judgement.pair.evidence if judgement.pair else {},
            "cpu_seconds": round(sum(verdict.cpu_seconds for verdict in judgement.verdicts), 4),
        }
    )
