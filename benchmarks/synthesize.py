"""How many programs the synthesizer writes per second on one core, without torch.

    python benchmarks/synthesize.py [programs]

Prints one JSON line.  Patterns are sampled as the product does.
"""

from __future__ import annotations

import json
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from operators import compound_operators, core_operators, supporting_operators
from synth.synthesizer import write_program


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


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    patterns = [sample_pattern(random.Random(seed)) for seed in range(count)]
    started = time.process_time()
    sources = [write_program(p, random.Random(seed), "SynthModel_Bench") for seed, p in enumerate(patterns)]
    seconds = time.process_time() - started
    report = {
        "programs": count,
        "cpu_seconds": round(seconds, 3),
        "programs_per_second": round(count / seconds),
        "distinct": len(set(sources)),
        "mean_characters": round(sum(map(len, sources)) / count),
        "mean_operators": round(sum(map(len, patterns)) / count, 2),
        "torch_imported": "torch" in sys.modules,
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
