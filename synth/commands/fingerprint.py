"""`.fingerprint`: hashes of a benchmark's problems, by which later runs keep it out of the corpus."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from synth.answers.programs import Candidate, find_candidates, read_candidate
from synth.config import RULES, RunConfig
from synth.display.progress import Progress
from synth.display.terminal import console, say
from synth.errors import DONE, INTERRUPTED, UsageError
from synth.files.rundir import write_file
from synth.run.judging import JudgingPool, PoolOpener, open_pool, settings_of
from synth.run.passing import Batch, Pass
from validators.contamination import graphs, packs, sources
from validators.verdict import Judgement, Program, Stage

_LEVEL = re.compile(r"(?:^|[/_-])level[_-]?(\d+)(?=[/_-]|$)", re.IGNORECASE)


@dataclass(frozen=True)
class _Item:
    """A problem, or a program that has nothing to do with the benchmark."""

    label: str
    level: int
    name: str
    candidate: Candidate
    unrelated: bool = False


def run(given: dict[str, Any], open_pool: PoolOpener = open_pool) -> int:
    """Takes the fingerprints of everything at `path` and writes the pack; the exit code."""
    if "path" not in given:
        raise UsageError("path is missing: name a folder of problems, or a .jsonl file.")
    path: Path = given["path"]
    others: Path | None = given.get("unrelated")
    found = find_candidates(path)
    further = [] if others is None else find_candidates(others)
    out = console()
    benchmark = given.get("benchmark") or (path.stem if path.is_file() else path.resolve().name)
    target: Path = given.get("out") or Path(f"{benchmark}.fingerprints.json")
    _assert_writable(target)
    config = replace(RunConfig(), **{key: value for key, value in given.items() if key in RULES})
    # A problem is traced on fake tensors, whatever it would need; it is run only where it looks into its values.
    settings = replace(settings_of(config), stages=(Stage.GRAPH,))
    problems: list[packs.Problem] = []
    common: set[str] = set()

    def items() -> Iterator[_Item]:
        used: set[str] = set()
        for number, item in enumerate(found, start=1):
            label, level, name = _place(item, number, path)
            if label in used:  # two problems of one number, in two folders: each is told by an id of its own
                label = f"{label} (problem {number} of the benchmark)"
            used.add(label)
            yield _Item(label, level, name, read_candidate(item, number, path))
        for number, item in enumerate(further, start=1):
            assert others is not None
            yield _Item("", 0, "", read_candidate(item, number, others), unrelated=True)

    progress = Progress(total=len(found) + len(further), words=("programs", "traced"))

    def note(item: _Item, judgement: Judgement) -> None:
        progress.tally.add_judgement((), judgement)
        if item.unrelated:
            common.update(_held(judgement, problems))
            return
        problem, why = _fingerprints(item, judgement)
        if problem is not None:
            problems.append(problem)
        if why:
            say(out, f"{'no graph' if problem else 'left out'}  {item.label}  {why}")

    async def judge(pool: JudgingPool, item: _Item) -> Judgement:
        program = item.candidate.program
        return Judgement(()) if program is None else await pool.judge(program)

    work = Pass(progress, config.num_worker, judge, note)
    if not asyncio.run(work.run([Batch(settings, items())], open_pool, out)):
        say(out, f"interrupted after {progress.settled} of {progress.total} programs; nothing was written")
        return INTERRUPTED
    if not problems:
        raise UsageError(f"path={path}: nothing in it can be fingerprinted; no pack was written.")
    about = given.get("about") or f"Fingerprints of {benchmark}'s problems; hashes only."
    problems = [replace(p, graph=(), features=()) if p.id in common else p for p in problems]
    write_file(target, packs.dump(benchmark, about, problems))
    say(out, f"{len(problems)} problems, {sum(bool(p.root) for p in problems)} with their graph, in {target}")
    if common:
        say(out, f"not looked for as parts, since unrelated programs hold them: {', '.join(sorted(common))}")
    say(out, f"keep them out of a corpus with: python -m synth .parallel fingerprints={target}")
    return DONE


def _assert_writable(target: Path) -> None:
    """Told before the work rather than after it.  Raises UsageError."""
    try:
        if target.is_dir():
            raise UsageError(f"out={target}: is a directory; name a file such as {target / 'fingerprints.json'}.")
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"out={target}: cannot be written to ({error.strerror}).") from None


def _held(judgement: Judgement, problems: list[packs.Problem]) -> set[str]:
    """Problems that are a part of a program which has nothing to do with them: finding those says nothing."""
    metrics = judgement.verdicts[-1].metrics if judgement.verdicts else {}
    if "loose" not in metrics:
        return set()
    own = packs.Packs()
    for problem in problems:
        own.add("", problem)
    return {finding.problem for finding in graphs.parts_in(metrics, own, graphs.COMMON)}


def _place(item: Path | dict[str, Any], number: int, root: Path) -> tuple[str, int, str]:
    """Id, level (0 for none) and name of a problem."""
    if isinstance(item, dict):
        level, own = item.get("level", 0), item.get("problem_id", item.get("id", number))
        level = int(level) if str(level).isdecimal() else 0
        return f"{level}/{own}" if level else str(own), level, str(item.get("name", ""))
    relative = item.relative_to(root) if item != root else Path(item.name)
    parts = _LEVEL.findall(str((root / relative).parent))
    first, _, name = item.stem.partition("_")
    own, name = (first, name) if first.isdigit() else (str(relative.with_suffix("")), item.stem)
    level = int(parts[-1]) if parts else 0
    return f"{level}/{own}" if level else own, level, name


def _fingerprints(item: _Item, judgement: Judgement) -> tuple[packs.Problem | None, str]:
    """What a problem is known by, and what is missing of it."""
    program: Program | None = item.candidate.program
    if program is None:
        return None, item.candidate.verdict.detail if item.candidate.verdict else "holds no program"
    try:
        problem = sources.fingerprint(item.label, item.level, item.name, program.source, program.entry_point)
    except (SyntaxError, ValueError, RecursionError) as error:
        return None, str(error)
    verdict = judgement.verdicts[-1]
    if "root" not in verdict.metrics:  # one that the shipped pack knows is turned down, with its metrics
        return problem, " ".join(verdict.detail.split())[:200]
    return graphs.fingerprint(problem, verdict.metrics), ""
