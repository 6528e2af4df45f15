"""Does every operator of the catalogue appear in an accepted program with a pair?

    python benchmarks/catalogue.py [workers=2]

Asks the built-in synthesizer for each operator beside a GELU, judges through all stages, and prints one JSON line that
names every operator without an accepted program.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from operators import catalogue
from synth.answers.naming import base_name
from synth.synthesizer import write_program
from validators.processes.pool import Pool
from validators.verdict import Program, Settings

ATTEMPTS = 3


async def accepted(pool: Pool, operator: str) -> tuple[bool, float, str]:
    """Whether one of a few programs with the operator is accepted, the CPU-seconds, and the last failure."""
    pattern = (operator, "GELU")
    spent, failure = 0.0, ""
    for attempt in range(ATTEMPTS):
        source = write_program(pattern, random.Random(attempt), base_name(pattern))
        judgement = await pool.judge(Program(source, base_name(pattern), pattern))
        spent += sum(verdict.cpu_seconds for verdict in judgement.verdicts)
        if judgement.accepted:
            return True, spent, failure
        assert judgement.failure is not None
        failure = f"{judgement.failure.reason}: {judgement.failure.detail[:200]}"
    return False, spent, failure


async def main() -> None:
    given = dict(argument.split("=", 1) for argument in sys.argv[1:])
    names = [operator.name for operator in catalogue()]
    async with Pool(int(given.get("workers", 2)), Settings()) as pool:
        results = await asyncio.gather(*(accepted(pool, name) for name in names))
    rows = dict(zip(names, results, strict=True))
    print(
        json.dumps(
            {
                "benchmark": "catalogue",
                "operators": len(names),
                "in_an_accepted_pair": sum(ok for ok, _, _ in results),
                "missing": {name: failure for name, (ok, _, failure) in rows.items() if not ok},
                "needed_another_attempt": {name: failure for name, (ok, _, failure) in rows.items() if ok and failure},
                "cpu_seconds": round(sum(spent for _, spent, _ in results), 1),
            }
        )
    )


if __name__ == "__main__":
    asyncio.run(main())
