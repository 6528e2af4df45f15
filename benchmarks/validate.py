"""CPU-seconds per accepted program by stage: one warm process that forks, against a fresh process per program.

    python benchmarks/validate.py [set=small|default] [programs=100]

The fixed set is what the built-in synthesizer writes for seed 0: `small` is one core and two supporting operators, the
size of a KernelBench level 2 problem; `default` is the default configuration's mix, with recurrent and transformer
layers, where compiling itself takes longer and the start-up weighs less.  Prints one JSON line.

A fresh process pays for importing torch and for every first time inside of Inductor; both sides run the same stages on
the same texts, one program at a time, and CPU time is user + system of the processes and their children.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from synth.answers.naming import base_name
from synth.config import RunConfig
from synth.sampling import catalogue_sets, derived_rng, sample_pattern
from synth.synthesizer import write_program
from validators.processes.pool import Pool
from validators.verdict import Pair, Program, Settings, Stage, Verdict

# What a process without the interpreter can run, and what the two sides are compared on.
SETTINGS = Settings(stages=(Stage.CONTRACT, Stage.SIMILARITY, Stage.SHAPES, Stage.EAGER, Stage.TRITON))


SMALL = {"num_core_ops_range": (1, 1), "num_compound_ops_range": (0, 0), "num_supporting_ops_range": (2, 2)}


def fixed_set(count: int, name: str = "default") -> list[Program]:
    """The first `count` programs of seed 0."""
    config, sets = RunConfig(**(SMALL if name == "small" else {})), catalogue_sets()
    programs = []
    for index in range(count):
        pattern = sample_pattern(config, sets, index)
        name = base_name(pattern)
        programs.append(Program(write_program(pattern, derived_rng(0, index, "benchmark"), name), name, pattern))
    return programs


def children_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


async def warm(programs: list[Program]) -> dict[str, object]:
    """Judge in one warm process; its warm-up is counted in `total` and shown by itself."""
    before = children_cpu()
    stages: dict[str, float] = defaultdict(float)
    accepted = 0
    async with Pool(1, SETTINGS) as pool:
        for program in programs:
            judgement = await pool.judge(program)
            accepted += judgement.accepted
            for verdict in judgement.verdicts:
                stages[verdict.stage] += verdict.cpu_seconds
    total = children_cpu() - before
    return {
        "accepted": accepted,
        "cpu_seconds": round(total, 2),
        "cpu_seconds_per_accepted": round(total / accepted, 3),
        "by_stage_per_accepted": {stage: round(seconds / accepted, 4) for stage, seconds in stages.items()},
        "warm_up_and_forking_per_accepted": round((total - sum(stages.values())) / accepted, 4),
    }


def fresh(programs: list[Program]) -> dict[str, object]:
    """Judge each program in a process of its own, started from nothing."""
    before = children_cpu()
    accepted = 0
    environment = dict(os.environ, OMP_NUM_THREADS="1", MKL_NUM_THREADS="1", PYTHONHASHSEED="0")
    for program in programs:
        with tempfile.TemporaryDirectory() as scratch:
            environment["TORCHINDUCTOR_CACHE_DIR"] = scratch
            done = subprocess.run(
                [sys.executable, __file__, "--one", program.entry_point],
                input=program.source,
                capture_output=True,
                text=True,
                env=environment,
                check=False,
            )
        accepted += done.stdout.strip() == "accepted"
    total = children_cpu() - before
    return {
        "accepted": accepted,
        "cpu_seconds": round(total, 2),
        "cpu_seconds_per_accepted": round(total / accepted, 3),
    }


def one(entry_point: str) -> None:
    """In a fresh process: judge the program on stdin."""
    from validators.inductor import offline_cuda
    from validators.judge import judge

    offline_cuda.install(SETTINGS.device_target)
    verdicts: list[Verdict] = []

    def finished(verdict: Verdict, pair: Pair | None) -> None:
        verdicts.append(verdict)

    judge(Program(sys.stdin.read(), entry_point), SETTINGS, lambda stage: None, finished)
    passed = all(v.ok for v in verdicts) and verdicts[-1].stage is Stage.TRITON
    print("accepted" if passed else f"rejected: {verdicts[-1]}")


def main() -> None:
    given = dict(argument.split("=", 1) for argument in sys.argv[1:])
    count, name = int(given.get("programs", 100)), given.get("set", "small")
    programs = fixed_set(count, name)
    result = {
        "benchmark": "validate",
        "set": name,
        "programs": count,
        "warm": asyncio.run(warm(programs)),
        "fresh": fresh(programs),
    }
    ratio = result["fresh"]["cpu_seconds_per_accepted"] / result["warm"]["cpu_seconds_per_accepted"]  # type: ignore[index]
    print(json.dumps(result | {"fresh_over_warm": round(ratio, 2)}))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(sys.argv[2])
    else:
        main()
