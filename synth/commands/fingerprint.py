"""`.fingerprint`: hashes of a benchmark's problems, by which later runs keep it out of the corpus."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from synth.config import RULES, RunConfig
from synth.errors import DONE, INTERRUPTED, UsageError
from synth.judging import JudgingPool, PoolOpener, open_pool, settings_of
from synth.passing import Batch, Pass
from synth.programs import Candidate, find_candidates, read_candidate
from synth.progress import Progress
from synth.rundir import write_file
from synth.terminal import console, say
from validators.contamination import graphs, packs, sources
from validators.verdict import Judgement, Program, Stage

_LEVEL = re.compile(r"(?:^|[/_-])level[_-]?(\d+)(?=[/_-]|$)", re.IGNORECASE)


def run(given: dict[str, Any], open_pool: PoolOpener = open_pool) -> int:
    """Takes the fingerprints of everything at `path` and writes the pack; the exit code."""
    if "path" not in given:
        raise UsageError("path is missing: name a folder of problems, or a .jsonl file.")
    path: Path = given["path"]
    found = find_candidates(path)
    out = console()
    benchmark = given.get("benchmark") or (path.stem if path.is_file() else path.resolve().name)
    target: Path = given.get("out") or Path(f"{benchmark}.fingerprints.json")
    config = replace(RunConfig(), **{key: value for key, value in given.items() if key in RULES})
    # A problem is traced on fake tensors, whatever it would need; it is run only where it looks into its values.
    settings = replace(settings_of(config), stages=(Stage.GRAPH,))
    problems: list[packs.Problem] = []
    left_out: list[str] = []

    def candidates() -> Iterator[tuple[str, int, str, Candidate]]:
        for number, item in enumerate(found, start=1):
            yield *_place(item, number, path), read_candidate(item, number, path)

    progress = Progress(total=len(found), words=("problems", "traced"))

    def note(item: tuple[str, int, str, Candidate], judgement: Judgement) -> None:
        problem, why = _fingerprints(*item, judgement)
        progress.tally.add_judgement((), judgement)
        if problem is not None:
            problems.append(problem)
        if why:
            left_out.append(item[0])
            say(out, f"{'no graph' if problem else 'left out'}  {item[0]}  {why}")

    async def judge(pool: JudgingPool, item: tuple[str, int, str, Candidate]) -> Judgement:
        program = item[3].program
        return Judgement(()) if program is None else await pool.judge(program)

    work = Pass(progress, config.num_worker, judge, note)
    if not asyncio.run(work.run([Batch(settings, candidates())], open_pool, out)):
        say(out, f"interrupted after {progress.settled} of {len(found)} problems; nothing was written")
        return INTERRUPTED
    about = given.get("about") or f"Fingerprints of {benchmark}'s problems; hashes only."
    write_file(target, packs.dump(benchmark, about, problems))
    say(out, f"{len(problems)} problems, {sum(bool(p.root) for p in problems)} with their graph, in {target}")
    say(out, f"keep them out of a corpus with: python -m synth .parallel fingerprints={target}")
    return DONE


def _place(item: Path | dict[str, Any], number: int, root: Path) -> tuple[str, int, str]:
    """Id, level (0 for none) and name of a problem."""
    if isinstance(item, dict):
        level, own = item.get("level", 0), item.get("problem_id", item.get("id", number))
        level = level if isinstance(level, int) else 0
        return f"{level}/{own}" if level else str(own), level, str(item.get("name", ""))
    relative = item.relative_to(root) if item != root else Path(item.name)
    parts = _LEVEL.findall(str((root / relative).parent))
    first, _, name = item.stem.partition("_")
    own, name = (first, name) if first.isdigit() else (str(relative.with_suffix("")), item.stem)
    level = int(parts[-1]) if parts else 0
    return f"{level}/{own}" if level else own, level, name


def _fingerprints(
    label: str, level: int, name: str, candidate: Candidate, judgement: Judgement
) -> tuple[packs.Problem | None, str]:
    """What a problem is known by, and what is missing of it."""
    program: Program | None = candidate.program
    if program is None:
        return None, candidate.verdict.detail if candidate.verdict else "holds no program"
    try:
        problem = sources.fingerprint(label, level, name, program.source, program.entry_point)
    except (SyntaxError, ValueError, RecursionError) as error:
        return None, str(error)
    verdict = judgement.verdicts[-1]
    if "root" not in verdict.metrics:  # one that the shipped pack knows is turned down, with its metrics
        return problem, " ".join(verdict.detail.split())[:200]
    return graphs.fingerprint(problem, verdict.metrics), ""
