"""A corpus of built-in samples up to its graphs: valid, clean, without duplicates, whatever the order.

    python benchmarks/corpus.py [samples=5000] [first=0] [seed=0] [num_worker=2] [out=FILE.jsonl] [from=FILE.jsonl]

Each sample's first attempt is judged by the real, contained stages contract to graph (Inductor's code costs twenty
times as much and is left out, so deduplication knows no Triton text here).  Then the final pass is made: over all that
passed, over shuffled orders, and over what 1, 2 and 7 workers would hand in.  `out` keeps rows to go on from with
`from`, so that a large run can be made in several.  Prints one JSON line:
  valid        share that every stage but the benchmark checks let through
  turned_down  by reason; contamination by tier and problem
  dropped      by the final pass; equal_strict_graphs and near (exact Jaccard >= 0.70) among what is left
  same_set     whether every order gave the same rows
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.near_duplicates import near_ones
from synth.config import RunConfig
from synth.dedup.record import Record, record_of
from synth.dedup.selection import select
from synth.sampling import catalogue_sets, derived_rng, sample_pattern
from synth.synthesizer import write_program
from validators.processes.pool import Pool
from validators.verdict import Program, Settings, Stage

STAGES = (Stage.CONTRACT, Stage.SIMILARITY, Stage.SHAPES, Stage.EAGER, Stage.GRAPH)


async def judged(first: int, samples: int, seed: int, workers: int) -> list[dict[str, Any]]:
    """A row for each sample: its program, what it was asked for, and every verdict's word."""
    config, sets = RunConfig(seed=seed), catalogue_sets()
    rows: dict[int, dict[str, Any]] = {}
    async with Pool(workers, Settings(stages=STAGES, seed=seed)) as pool:
        waiting = iter(range(first, first + samples))

        async def work() -> None:
            for index in waiting:
                pattern = sample_pattern(config, sets, index)
                name = f"SynthModel_{index}"
                source = write_program(pattern, derived_rng(seed, index, "program:1"), name)
                judgement = await pool.judge(Program(source, name, pattern))
                failure = judgement.failure
                metrics = {v.stage.value: v.metrics for v in judgement.verdicts}
                graph = {k: v for k, v in metrics.get("graph", {}).items() if k not in ("loose", "wl2", "edges")}
                rows[index] = {
                    "entry_point": name,
                    "python_code": source,
                    "triton_code": f"# {index}",
                    "pattern": list(pattern),
                    "reason": failure.reason.value if failure and failure.reason else "",
                    "detail": failure.detail if failure else "",
                    "graph_strict": graph.get("strict", ""),
                    "graph_root": graph.get("root", ""),
                    "verdicts": json.dumps({"graph": graph}),
                    "cpu": sum(v.cpu_seconds for v in judgement.verdicts),
                }

        await asyncio.gather(*(work() for _ in range(2 * workers)))
    return [rows[index] for index in sorted(rows)]


def kept_set(found: list[Record]) -> str:
    """A digest of what the final pass keeps of records in this order."""
    selection = select(found)
    left = sorted(one.content.hex() for one, keep in zip(found, selection.kept, strict=True) if keep)
    return hashlib.sha256("\n".join(left).encode()).hexdigest()


def main(asked: dict[str, str]) -> None:
    began = time.perf_counter()
    rows: list[dict[str, Any]] = []
    if "from" in asked:
        rows = [json.loads(line) for line in Path(asked["from"]).read_text(encoding="utf-8").splitlines()]
    if samples := int(asked.get("samples", 0 if rows else 5000)):
        first, seed = int(asked.get("first", 0)), int(asked.get("seed", 0))
        rows += asyncio.run(judged(first, samples, seed, int(asked.get("num_worker", 2))))
    if "out" in asked:
        Path(asked["out"]).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    reasons = Counter(row["reason"] for row in rows if row["reason"])
    contaminated = {reason: count for reason, count in reasons.items() if reason.startswith("benchmark_")}
    passed = [row for row in rows if not row["reason"]]
    found = [record_of(row) for row in passed]
    selection = select(found)
    left = [one for one, keep in zip(found, selection.kept, strict=True) if keep]
    sets = {kept_set(found)}
    for order in range(3):
        shuffled = list(found)
        random.Random(order).shuffle(shuffled)
        sets.add(kept_set(shuffled))
    for workers in (1, 2, 7):  # each hands in its own samples, one after the other
        sets.add(kept_set([one for worker in range(workers) for one in found[worker::workers]]))
    documents, pairs = near_ones([one.program for one in left], 0.70)
    graphs = [one.graph_strict for one in left]
    result = {
        "samples": len(rows),
        "valid": round(1 - sum(n for r, n in reasons.items() if r not in contaminated) / len(rows), 5),
        "turned_down": dict(reasons.most_common()),
        "contaminated": dict(Counter(row["detail"] for row in rows if row["reason"] in contaminated).most_common(10)),
        "contaminated_share": round(sum(contaminated.values()) / len(rows), 5),
        "passed": len(passed),
        "dropped": selection.dropped,
        "left": len(left),
        "equal_strict_graphs": len(graphs) - len(set(graphs)),
        "distinct_roots": len({one.graph_root for one in left}),
        "near": {"documents": documents, "share": round(documents / max(1, len(left)), 5), "pairs": pairs},
        "same_set": len(sets) == 1,
        "cpu_seconds_a_sample": round(sum(row["cpu"] for row in rows) / len(rows), 3),
        "seconds": round(time.perf_counter() - began, 1),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main(dict(argument.split("=", 1) for argument in sys.argv[1:]))
