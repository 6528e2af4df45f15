"""How many programs the synthesizer writes per second on one core, without torch, and what they are like.

    python benchmarks/synthesize.py [programs]

Prints one JSON line.  Patterns are sampled as the product does.  `adapters_per_program` counts statements that no
operator of the pattern asked for; shares are of programs that hold at least one such thing.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from operators import compound_operators, core_operators, supporting_operators
from synth.synthesizer import Draft, draft_program, write_program

BLOCKS = {"sequential", "helper class", "stack"}
LARGE = 100_000  # elements of an input


def sample_pattern(rng: random.Random) -> list[str]:
    """1-5 core, 0-4 compound and 2-10 supporting operators in geometric steps."""
    p = rng.uniform(0.25, 0.5)
    pattern: list[str] = []
    for names, low, high in ((core_operators, 1, 5), (compound_operators, 0, 4), (supporting_operators, 2, 10)):
        count = low
        while count < high and rng.random() > p:
            count += 1
        pattern += [rng.choice(names) for _ in range(count)]
    return pattern


def shares(found: Iterable[Iterable[str]], total: int) -> dict[str, float]:
    """How many of `total` programs hold each thing, most frequent first."""
    counts = Counter(name for names in found for name in set(names))
    return {name: round(count / total, 3) for name, count in counts.most_common()}


def described(drafts: list[Draft]) -> dict[str, object]:
    """What the programs are like."""
    total = len(drafts)
    return {
        "adapters_per_program": round(sum(d.adapters for d in drafts) / total, 2),
        "idioms_share": round(sum(bool(d.idioms) for d in drafts) / total, 3),
        "blocks_share": round(sum(bool(BLOCKS & set(d.idioms)) for d in drafts) / total, 3),
        "idioms": shares((d.idioms for d in drafts), total),
        "dtypes": shares(((d.dtype,) for d in drafts), total),
        "layouts": shares((d.memory for d in drafts), total),
        "inputs": shares((d.kinds for d in drafts), total),
        "large": round(sum(d.elements > LARGE for d in drafts) / total, 3),
        "largest_input": max(d.elements for d in drafts),
    }


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    patterns = [sample_pattern(random.Random(seed)) for seed in range(count)]
    started = time.process_time()
    sources = [write_program(p, random.Random(seed), "SynthModel_Bench") for seed, p in enumerate(patterns)]
    seconds = time.process_time() - started
    drafts = [draft_program(p, random.Random(seed), "SynthModel_Bench") for seed, p in enumerate(patterns)]
    report = {
        "programs": count,
        "cpu_seconds": round(seconds, 3),
        "programs_per_second": round(count / seconds),
        "distinct": len(set(sources)),
        "mean_characters": round(sum(map(len, sources)) / count),
        "mean_operators": round(sum(map(len, patterns)) / count, 2),
        **described(drafts),
        "torch_imported": "torch" in sys.modules,
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
