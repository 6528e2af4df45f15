"""Programs to pairs with Triton templates: library calls left, length of the text, CPU-seconds of the stages.

    python benchmarks/templates.py [programs=100] [templates=triton|auto|extern] [answers=PATH] [pairs=PATH]

The programs are those of `benchmarks/validate.py` (set `default`), or the ones in a file of recorded answers (`id`,
`pattern`, `response`).  Prints a line for each program that makes no pair, then one JSON line; `pairs` gets the pairs
as JSON lines that `benchmarks/prove.py` reads.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from validate import fixed_set

from synth.answers.extraction import extract
from validators.processes.server import Server
from validators.verdict import Judgement, Program, Settings, Stage

STAGES = (Stage.SHAPES, Stage.EAGER, Stage.TRITON, Stage.COMPILED)


def recorded(path: Path, count: int) -> list[Program]:
    """The programs in the first `count` recorded answers."""
    answers = json.loads(path.read_text(encoding="utf-8"))[:count]
    found = [extract(a["response"], f"Answer_{a['id']}", tuple(a["pattern"])).program for a in answers]
    return [program for program in found if program is not None]


async def judge(programs: list[Program], settings: Settings) -> tuple[list[Judgement], float]:
    """A judgement per program, one at a time, and the wall seconds of the warm-up."""
    server = Server(settings)
    await server.start()
    try:
        # Which operators ran is not the question here.
        asked = [Program(program.source, program.entry_point) for program in programs]
        return [await server.judge(program, lambda stage: None) for program in asked], server.warm_seconds
    finally:
        await server.stop()


def main() -> None:
    given = dict(argument.split("=", 1) for argument in sys.argv[1:])
    count = int(given.get("programs", 100))
    programs = recorded(Path(given["answers"]), count) if "answers" in given else fixed_set(count)
    settings = Settings(templates=given.get("templates", "triton"), stages=STAGES)
    judgements, warm = asyncio.run(judge(programs, settings))
    reasons: Counter[str] = Counter()
    externs: Counter[str] = Counter()
    rows, kernels, zero = [], 0, 0
    for program, judgement in zip(programs, judgements, strict=True):
        failure, pair = judgement.failure, judgement.pair
        if failure is not None or pair is None:
            assert failure is not None
            reasons[f"{failure.stage}: {failure.reason}"] += 1
            print(program.entry_point, failure.stage, failure.reason, failure.detail[:300])
            continue
        left = pair.evidence["extern_calls"]
        externs.update(set(left))
        zero += not left
        kernels += len(pair.kernels)
        row = {"python_code": program.source, "entry_point": program.entry_point, "triton_code": pair.triton_code}
        rows.append(row | {"original_triton_code": pair.original_triton_code, "evidence": pair.evidence})
    if "pairs" in given:
        Path(given["pairs"]).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    spent: dict[str, list[float]] = {stage: [] for stage in STAGES}
    for judgement in judgements:
        for verdict in judgement.verdicts:
            spent[verdict.stage].append(verdict.cpu_seconds)
    result = {
        "benchmark": "templates",
        "templates": settings.templates,
        "programs": len(programs),
        "pairs": len(rows),
        "without_library_calls": zero,
        "library_calls_left": dict(externs.most_common()),
        "kernels": kernels,
        "characters_of_inductors_text": sum(len(row["original_triton_code"]) for row in rows),
        "characters_of_the_plain_text": sum(len(row["triton_code"]) for row in rows),
        "refused": dict(reasons),
        "cpu_seconds_mean": {stage: round(statistics.mean(s), 3) for stage, s in spent.items() if s},
        "cpu_seconds_median": {stage: round(statistics.median(s), 3) for stage, s in spent.items() if s},
        "warm_up_wall_seconds": warm,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
