"""Does decontamination find disguised benchmark problems, and does it leave everything else alone?

    python benchmarks/contamination.py problems=FILE.jsonl [levels=[1,2,3]] [mutators=[rename,...]] [every=K] [first=N]
        [seed=S] [most_seconds=S]
    python benchmarks/contamination.py independent=DIR
    python benchmarks/contamination.py clean=PATH

All take `num_worker=N` (1), `behaviour=true` (stage EAGER too, so that programs can be known by what they compute; for
small programs) and `out=FILE`, which gets a JSON line with each program.

`problems`: {level, problem_id, name, code} a line.  Every problem is disguised in every way of `benchmarks/mutators`
and judged: source in this process, graph by a real contained pool, each whatever the other says.  A program that does
not run, or whose outputs have other shapes where the disguise keeps them, is the mutator's fault and counts as no
program; the mutator is then asked for something smaller.  A program is recalled when a stage turns it down for a
benchmark's sake.  The baseline compares the operators that a program claims to be made of with level 2's file names,
exactly.  `most_seconds` leaves out problems that take more CPU-seconds undisguised (unrolled recurrences take a
minute, a hundred times what others do); they are named in the output.
`independent`: folders `positive` and, if there is one, `negative`; files carry level and problem in their names
(2_11_words.py).
`clean`: programs in which no benchmark is known to be: recorded answers, a run, JSON lines or a folder; see
`synth.answers.programs`.  Prints a table on stderr and one JSON line.
"""

from __future__ import annotations

import ast
import asyncio
import functools
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.baseline import claims_known
from benchmarks.mutators import MUTATORS, SAME_SHAPES, mutants
from benchmarks.recall import Judged, in_order, share, summary, table
from synth.answers.programs import find_candidates, read_candidate
from synth.errors import UsageError
from validators import similarity
from validators.contract import find_entry_point
from validators.processes.pool import Pool
from validators.verdict import Judgement, Program, Settings, Stage, Verdict

#: sizes do not matter on fake tensors, and KernelBench's are beyond any memory
ANY_SIZE = 1 << 60


class Judge:
    """Both stages on a program."""

    def __init__(self, pool: Pool, settings: Settings) -> None:
        self.pool, self.settings = pool, settings

    async def __call__(self, program: Program, judged: Judged) -> Judged:
        """Fills in what came of the program."""
        judged.source = program.source
        try:
            self._note(judged, similarity.check(program, self.settings))
        except (SyntaxError, ValueError, RecursionError) as error:
            judged.fault = f"{type(error).__name__}: {error}"
            return judged
        judgement: Judgement = await self.pool.judge(program)
        judged.seconds = sum(verdict.cpu_seconds for verdict in judgement.verdicts)
        for verdict in judgement.verdicts:
            self._note(judged, verdict)
        return judged

    def _note(self, judged: Judged, verdict: Verdict) -> None:
        if verdict.stage is Stage.SHAPES:
            judged.inputs, judged.outputs = verdict.metrics.get("inputs"), verdict.metrics.get("outputs")
        for finding in verdict.metrics.get("contamination", ()):
            # The detail of a rejection is the finding that was its cause.
            cause = (
                not verdict.ok and f"{finding['benchmark']} {finding['problem']} ({finding['tier']}" in verdict.detail
            )
            judged.findings.append(finding | {"rejects": cause})
        if verdict.ok:
            return
        if str(verdict.reason).startswith("benchmark_"):
            judged.turned_down.append(str(verdict.stage))
        else:
            judged.fault = f"{verdict.stage}/{verdict.reason}: {' '.join(verdict.detail.split())[-300:]}"


def tensors(told: list[str] | None) -> tuple[tuple[tuple[int, ...], str], ...]:
    """Shapes and dtypes from `float32[2, 3]`."""
    found = []
    for text in told or ():
        dtype, _, shape = text.partition("[")
        found.append((tuple(int(extent) for extent in re.findall(r"\d+", shape)), dtype))
    return tuple(found)


async def disguised(judge: Judge, problem: dict[str, Any], mutator: str, plain: Judged, seed: str) -> Judged | None:
    """The boldest mutated program that runs; None where the mutator changes nothing."""
    judged = None
    shapes = tensors(plain.inputs), tensors(plain.outputs)
    for attempt, (source, entry) in enumerate(mutants(mutator, problem["code"], "Model", seed, *shapes), start=1):
        judged = Judged(plain.label, plain.level, mutator, attempts=attempt)
        await judge(Program(source, entry), judged)
        if not judged.fault and mutator in SAME_SHAPES and plain.outputs and judged.outputs != plain.outputs:
            judged.fault = f"outputs are {judged.outputs}, not {plain.outputs}"
        if not judged.fault:
            break
    return judged


async def run_problems(
    judge: Judge,
    problems: list[dict[str, Any]],
    mutators: list[str],
    seed: str,
    most_seconds: float,
    keep: Callable[[Judged], None],
) -> tuple[list[Judged], dict[str, list[str]]]:
    """Every problem with every mutator; what came of it, and which problems a mutator could do nothing with.

    Those that take longer than `most_seconds` are under "left out".
    """
    results: list[Judged] = []
    unchanged: dict[str, list[str]] = defaultdict(list)

    async def one(problem: dict[str, Any]) -> None:
        label = f"{problem['level']}/{problem['problem_id']}"
        plain = await judge(Program(problem["code"], "Model"), Judged(label, problem["level"], "none"))
        keep(plain)
        results.append(plain)
        if plain.seconds > most_seconds:
            unchanged["left out"].append(label)
            return
        for mutator in mutators:
            judged = await disguised(judge, problem, mutator, plain, f"{seed}/{label}")
            if judged is None:
                unchanged[mutator].append(label)
                continue
            results.append(judged)
            keep(judged)

    await gather(len(judge.pool.workers) + 1, [functools.partial(one, problem) for problem in problems])
    return results, unchanged


async def gather(most: int, work: Iterable[Callable[[], Awaitable[Any]]]) -> list[Any]:
    """All of it, at most so much at a time."""
    free = asyncio.Semaphore(most)

    async def held(step: Callable[[], Awaitable[Any]]) -> Any:
        async with free:
            return await step()

    return list(await asyncio.gather(*(held(step) for step in work)))


def labelled(folder: Path) -> list[tuple[str, str, Program]]:
    """Label, problem and program of the files of a folder."""
    found = []
    if not any(folder.glob("*.py")):
        refuse(f"independent={folder.parent}: {folder.name} holds no programs (*.py).")
    for file in sorted(folder.glob("*.py")):
        source = file.read_text(encoding="utf-8")
        entry = find_entry_point(ast.parse(source)) or "Model"
        level, number, *_ = file.stem.split("_")
        found.append((f"{folder.name}/{file.name}", f"{level}/{number}", Program(source, entry)))
    return found


async def run_independent(judge: Judge, root: Path, keep: Callable[[Judged], None]) -> dict[str, Any]:
    """Recall and false positives on files of other people."""
    told: dict[str, Any] = {}
    for kind in ("positive", "negative"):
        if kind == "negative" and not (root / kind).exists():
            continue
        files = labelled(root / kind)
        results = await gather(
            len(judge.pool.workers) + 1,
            [
                functools.partial(judge, program, Judged(problem, int(problem[0]), label))
                for label, problem, program in files
            ],
        )
        for judged in results:
            keep(judged)
        counted = [judged for judged in results if not judged.fault]
        down = [judged for judged in counted if judged.turned_down]
        told[kind] = {
            "programs": len(counted),
            "turned_down": len(down),
            "share": share(len(down), len(counted)),
            "tiers": dict(Counter(tier for judged in down for tier in judged.tiers)),
            "by_level": {
                str(level): [
                    sum(judged.level == level for judged in down),
                    sum(judged.level == level for judged in counted),
                ]
                for level in (1, 2, 3)
            },
            "faults": {judged.mutator: judged.fault for judged in results if judged.fault},
        }
        wrong = [judged for judged in counted if bool(judged.turned_down) != (kind == "positive")]
        told[kind]["wrong"] = {judged.mutator: nearest(judged) for judged in wrong}
        for judged in wrong:
            print(
                f"{'missed' if kind == 'positive' else 'wrongly'}  {judged.mutator}  {nearest(judged)}", file=sys.stderr
            )
    return told


def nearest(judged: Judged) -> str:
    """The findings, in words."""
    return "; ".join(f"{f['tier']} {f['problem']} {f['score']:.2f}" for f in judged.findings[:4]) or "nothing near"


async def run_clean(judge: Judge, path: Path, keep: Callable[[Judged], None]) -> dict[str, Any]:
    """What fires on programs that nobody took from a benchmark."""
    candidates = [read_candidate(item, number, path) for number, item in enumerate(find_candidates(path), start=1)]

    # What a program was asked for is no part of this: only its text and graph.
    results = await gather(
        len(judge.pool.workers) + 1,
        [
            functools.partial(judge, Program(c.program.source, c.program.entry_point), Judged(c.label, 0, c.label))
            for c in candidates
            if c.program is not None
        ],
    )
    for judged in results:
        keep(judged)
    counted = [judged for judged in results if not judged.fault]
    down = [judged for judged in counted if judged.turned_down]
    for judged in down:
        print(f"turned down  {judged.label}  {nearest(judged)}", file=sys.stderr)
    return {
        "programs": len(counted),
        "turned_down": len(down),
        "share": share(len(down), len(counted)),
        "tiers": dict(Counter(tier for judged in down for tier in judged.tiers)),
        "problems": dict(
            Counter(f["problem"] for judged in down for f in judged.findings if f["rejects"]).most_common()
        ),
        "told_only": dict(
            Counter(f["tier"] for judged in counted if not judged.turned_down for f in judged.findings).most_common()
        ),
        "faults": dict(Counter(judged.fault.split(":")[0] for judged in results if judged.fault)),
    }


def listed(text: str) -> list[str]:
    """Items of `[a,b]` or `a,b`."""
    return [item.strip() for item in text.strip("[]").split(",") if item.strip()]


def read_problems(path: Path, levels: list[int], every: int) -> list[dict[str, Any]]:
    """Each `every`th problem of those levels; a file that cannot be used ends the program."""
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        return [row for row in rows if row["level"] in levels and row["code"] and row["name"]][::every]
    except OSError as error:
        refuse(f"problems={path}: {error.strerror}.")
    except (ValueError, KeyError, TypeError) as error:
        refuse(f"problems={path}: not lines of {{level, problem_id, name, code}} ({type(error).__name__}: {error}).")


def refuse(line: str) -> NoReturn:
    """Ends with the exit code of a wrong argument."""
    print(line, file=sys.stderr)
    sys.exit(2)


async def measure(given: dict[str, str]) -> dict[str, Any]:
    """All of what was asked for."""
    behaviour = [Stage.EAGER] if given.get("behaviour") == "true" else []
    settings = Settings(
        stages=(Stage.SHAPES, *behaviour, Stage.GRAPH),
        max_tensor_bytes=(2 << 30) if behaviour else ANY_SIZE,
        validation_timeout=600,
    )
    if "out" in given:
        Path(given["out"]).write_text("", encoding="utf-8")

    def keep(judged: Judged) -> None:
        if "out" in given:
            told: dict[str, Any] = {
                "problem": judged.label,
                "mutator": judged.mutator,
                "turned_down": judged.turned_down,
            }
            told |= {"findings": judged.findings, "fault": judged.fault, "attempts": judged.attempts}
            with Path(given["out"]).open("a", encoding="utf-8") as out:
                out.write(json.dumps(told | {"code": judged.source}) + "\n")

    async with Pool(int(given.get("num_worker", 1)), settings) as pool:
        judge = Judge(pool, settings)
        result: dict[str, Any] = {"benchmark": "contamination"}
        if "problems" in given:
            levels = [int(level) for level in listed(given.get("levels", "1,2,3"))]
            problems = read_problems(Path(given["problems"]), levels, int(given.get("every", 1)))
            problems = problems[int(given.get("first", 0)) :]
            mutators = listed(given["mutators"]) if "mutators" in given else list(MUTATORS)
            most = float(given.get("most_seconds", "inf"))
            results, unchanged = await run_problems(judge, problems, mutators, given.get("seed", "0"), most, keep)
            result["left_out"] = sorted(unchanged.pop("left out", []), key=in_order)
            known = claims_known(read_problems(Path(given["problems"]), [1, 2, 3], 1))
            found = {}
            for mutator in ["none", *mutators]:
                of_it = [judged for judged in results if judged.mutator == mutator]
                found[mutator] = summary(of_it, unchanged[mutator], known)
            print(table(found), file=sys.stderr)
            result |= {"problems": len(problems), "mutators": found}
        if "independent" in given:
            result["independent"] = await run_independent(judge, Path(given["independent"]), keep)
        if "clean" in given:
            result["clean"] = await run_clean(judge, Path(given["clean"]), keep)
    return result


def main() -> None:
    given = dict(argument.split("=", 1) for argument in sys.argv[1:] if "=" in argument)
    if not given.keys() & {"problems", "independent", "clean"}:
        refuse(f"nothing to do\n\n{__doc__}")
    if "problems" in given and given.get("behaviour") == "true":
        refuse(
            "behaviour=true: runs programs, and the sizes of problems= are beyond any memory; leave one of them out."
        )
    unknown = set(listed(given.get("mutators", ""))) - set(MUTATORS)
    if unknown:
        refuse(f"mutators={given['mutators']}: no {', '.join(sorted(unknown))}; there are {', '.join(MUTATORS)}.")
    try:
        print(json.dumps(asyncio.run(measure(given))))
    except UsageError as error:
        refuse(str(error))


if __name__ == "__main__":
    main()
