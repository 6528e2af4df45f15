"""What is left of duplicates in a corpus: equal graphs, and near-duplicates by exact Jaccard similarity.

    python benchmarks/near_duplicates.py PATH [dedup=true] [jaccard=0.70] [pairs=20000]

PATH is a run directory, an export, or a directory of exports.  The final pass is made first (`dedup=false` leaves it
out), then every pair of documents is compared, no sketches in between: each document is counted that has a
near-duplicate among the others.  Pairs meet in an inverted index of their rarest shingles (prefix filtering: Chaudhuri,
Ganti, Kaushik, "A primitive operator for similarity joins", 2006), which loses none.
`pairs` is how many documents are compared at most, the first by content.  Prints one JSON line.
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from synth.dedup.families import families, records
from synth.dedup.record import Record
from synth.dedup.selection import select
from synth.dedup.shingles import Shingles, jaccard
from synth.pairs import read_rows
from synth.rows import COLUMNS


def near_ones(sets: list[Shingles], threshold: float) -> tuple[int, int]:
    """How many sets have a near one among the others, and how many pairs are near."""
    seen = Counter[int]()
    for one in sets:
        seen.update(one.tolist())
    postings: dict[int, list[int]] = defaultdict(list)
    near: set[int] = set()
    pairs = 0
    for number, one in enumerate(sets):
        rare = sorted(one.tolist(), key=lambda shingle: (seen[shingle], shingle))
        prefix = rare[: len(one) - math.ceil(threshold * len(one)) + 1] if len(one) else []
        for other in {other for shingle in prefix for other in postings[shingle]}:
            if jaccard(one, sets[other]) >= threshold:
                near |= {number, other}
                pairs += 1
        for shingle in prefix:
            postings[shingle].append(number)
    return len(near), pairs


def main(path: Path, dedup: bool, threshold: float, most: int) -> None:
    began = time.perf_counter()
    found: list[Record] = list(records(families(read_rows(path, tuple(COLUMNS)))))
    selection = select(found)
    left = [one for one, kept in zip(found, selection.kept, strict=True) if kept or not dedup]
    left = sorted(left, key=lambda one: one.content)[:most]
    graphs = [one.graph_strict for one in left if one.graph_strict]
    result = {
        "path": path.name,
        "pairs": len(found),
        "compared": len(left),
        "dropped": selection.dropped if dedup else {},
        "groups": selection.summary()["groups"],
        "with_graph": len(graphs),
        "equal_strict_graphs": len(graphs) - len(set(graphs)),
        "jaccard": threshold,
    }
    for view in ("program", "triton"):
        documents, pairs = near_ones([getattr(one, view) for one in left], threshold)
        result[f"near_{view}"] = {
            "documents": documents,
            "share": round(documents / len(left), 5) if left else 0.0,
            "pairs": pairs,
        }
    similar = [len(one.program) for one in left]
    result["shingles"] = round(float(np.mean(similar)), 1) if similar else 0.0
    result["seconds"] = round(time.perf_counter() - began, 1)
    print(json.dumps(result))


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    asked = dict(argument.split("=", 1) for argument in sys.argv[2:])
    main(
        Path(sys.argv[1]),
        asked.get("dedup", "true").lower() != "false",
        float(asked.get("jaccard", 0.70)),
        int(asked.get("pairs", 20_000)),
    )
