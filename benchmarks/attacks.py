"""A long run of which 30 % are attacks: does it end, what does it leave behind, and what does it cost the others?

    python benchmarks/attacks.py [programs=1000] [share=0.3] [workers=2] [stages=eager|triton]

Honest programs are what the built-in synthesizer writes for seed 0, of one core operator; attacks are those of
`tests/adversarial` that need no other process to see what they did, each in turn.  The same honest programs are then
judged without attacks.  Prints one JSON line:

    memory_mb         resident and shared with no file, of this process and all below it, at each tenth of the run
    left              what is there after the run and was not before: processes, zombies, files
    honest_changed    honest programs whose verdict was another than without attacks
    honest_per_second accepted ones, by the wall

Attacks that wait for their deadline are the larger part of the mixed run's time; `deadline_seconds` is how long one is.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks"), str(ROOT / "tests" / "adversarial")]

import exhausting
import misleading
import reaching
from outside import Outside, running
from validate import fixed_set

from validators.containment.watch import children_of
from validators.processes.pool import Pool
from validators.processes.template import WALL_FACTOR
from validators.verdict import Judgement, Program, Settings, Stage

SECONDS = 5.0
EAGER = (Stage.CONTRACT, Stage.SHAPES, Stage.EAGER)


def attacks(outside: Outside, count: int) -> list[Program]:
    """`count` programs: all attacks equally often, or as many as fit from all parts of the list."""
    every = [*reaching.ATTACKS, *exhausting.ATTACKS, *misleading.ATTACKS]
    step = max(len(every) / count, 1.0) if count else 1.0
    chosen = [every[int(index * step) % len(every)] for index in range(count)]
    return [Program(outside.written(a.source, a.name), "Model") for a in chosen]


def memory_of(pids: list[int]) -> int:
    """Bytes resident and not shared with a file, of processes and all below them."""
    total, waiting = 0, list(pids)
    while waiting:
        pid = waiting.pop()
        waiting += children_of(pid)
        try:
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) << 10 for line in lines if line.startswith("RssAnon:"))
    return total


def zombies() -> int:
    """Ended processes below this one that nobody has waited for."""
    found, waiting = 0, [os.getpid()]
    while waiting:
        pid = waiting.pop()
        waiting += children_of(pid)
        try:
            found += Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
        except OSError:
            continue
    return found


async def run(programs: list[Program], settings: Settings, workers: int) -> tuple[list[Judgement], dict[str, Any]]:
    """Judge them all; what was measured on the way."""
    memory: list[float] = []
    judged: list[Judgement | None] = [None] * len(programs)
    waiting = list(enumerate(programs))[::-1]

    async def work(pool: Pool) -> None:
        while waiting:
            index, program = waiting.pop()
            judged[index] = await pool.judge(program)
            if index % max(len(programs) // 10, 1) == 0:
                memory.append(round(memory_of([os.getpid()]) / 1e6, 1))

    async with Pool(workers, settings) as pool:
        tier, started = pool.tier, time.monotonic()
        await asyncio.gather(*(work(pool) for _ in range(workers)))
        wall, ended = time.monotonic() - started, zombies()
    left = {
        "processes": len(running(f'"seed": {settings.seed}')),
        "zombies": ended,
        "files": sum(1 for _ in Path(tempfile.gettempdir()).iterdir()),
    }
    verdicts = [j for j in judged if j is not None]
    assert len(verdicts) == len(programs)
    cpu = sum(v.cpu_seconds for j in verdicts for v in j.verdicts)
    return verdicts, {
        "tier": tier.value,
        "wall_seconds": round(wall, 1),
        "cpu_seconds": round(cpu, 1),
        "memory_mb": memory,
        "left": left,
    }


def main() -> None:
    given = dict(argument.split("=", 1) for argument in sys.argv[1:])
    count, share = int(given.get("programs", 1000)), float(given.get("share", 0.3))
    workers = int(given.get("workers", 2))
    stages = EAGER if given.get("stages", "eager") == "eager" else (*EAGER, Stage.TRITON)
    seed = random.SystemRandom().randrange(1 << 30, 1 << 31)
    settings = Settings(validation_timeout=SECONDS, max_tensor_bytes=256 << 20, seed=seed, stages=stages)
    honest = fixed_set(round(count * (1 - share)), "small")
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as temporary:
        tempfile.tempdir = temporary  # for the pools, so that what is left there is theirs
        outside = Outside(Path(folder))
        hostile = attacks(outside, count - len(honest))
        mixed = [*honest, *hostile]
        order = list(range(len(mixed)))
        random.Random(0).shuffle(order)
        judgements, measured = asyncio.run(run([mixed[index] for index in order], settings, workers))
        by_index = dict(zip(order, judgements, strict=True))
        harmed = [harm for name in sorted(outside.places()) for harm in outside.harm(name)]
        outside.close()
        alone, reference = asyncio.run(run(honest, replace(settings, seed=seed + 1), workers))
    same = [_reason(by_index[index]) == _reason(j) for index, j in enumerate(alone)]
    passed = sum(j.failure is None for j in alone)
    print(
        json.dumps(
            {
                "benchmark": "attacks",
                "programs": count,
                "attacks": len(hostile),
                "attacks_turned_down": dict(
                    Counter(_reason(by_index[i]) for i in range(len(honest), len(mixed))).most_common()
                ),
                "harm": harmed,
                "honest_changed": same.count(False),
                "deadline_seconds": WALL_FACTOR * SECONDS,
                "mixed": measured | {"honest_per_second": round(passed / measured["wall_seconds"], 3)},
                "without_attacks": reference | {"honest_per_second": round(passed / reference["wall_seconds"], 3)},
            }
        )
    )


def _reason(judgement: Judgement) -> str:
    return "none" if judgement.failure is None else str(judgement.failure.reason)


if __name__ == "__main__":
    main()
