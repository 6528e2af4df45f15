"""`steer=coverage` beside `steer=none`: what as many programs show, verified by running them.

    python benchmarks/breadth.py [samples=2000] [arms=none,coverage] [broken=0.03] [seed=0]

Each arm draws its patterns as a run does, the built-in synthesizer writes the programs, and each is run in this process
on CPU with the recorder of stage EAGER; kept is what runs, is finite and shows its whole pattern.  Steering learns from
these runs in blocks, as from a journal; there are no kernels here, so it learns nothing of their kinds.  `broken` is
the share of operators that are said to fail always (arms `broken:none` and `broken:coverage`).

Graphs are those of stage GRAPH, recorded from the same runs.

Prints one JSON line.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import torch
from torch.utils._pytree import tree_leaves

import operators
from benchmarks.soak import load
from operators.order import order, pairs
from synth.breadth import Item, item, tables
from synth.breadth.state import Settled
from synth.breadth.steering import Steered
from synth.config import RunConfig
from synth.sampling import OperatorSets, catalogue_sets, derived_rng, sample_pattern
from synth.synthesizer import write_program
from validators.aten.features import features
from validators.aten.recorder import record as aten_graph
from validators.conduct.executed import record


def run(source: str, pattern: tuple[str, ...]) -> Item | None:
    """The program with what its run showed; None where it would not be kept."""
    torch.manual_seed(0)
    scope = load(source)
    args, kwargs = scope["get_init_inputs"]()
    model = scope["SynthModel"](*args, **kwargs).eval()
    inputs = scope["get_inputs"]()
    seen: list[Any] = []

    def forward() -> Any:
        seen.extend(record(model, inputs))
        return seen[0]

    with torch.no_grad():
        graph = features(aten_graph(model, inputs, forward))
    output, counts, events, reads = seen
    if operators.missing(pattern, counts) or not all(torch.isfinite(t).all() for t in tree_leaves(output)):
        return None
    eager = {"order": order(pattern, counts, events), "pairs": pairs(pattern, counts, events, reads)}
    return item(source, pattern, {"eager": eager, "graph": graph}, {})


def arm(config: RunConfig, sets: OperatorSets, samples: int, broken: frozenset[str]) -> dict[str, Any]:
    """One way to draw patterns."""
    started = time.perf_counter()
    settled: list[Settled] = []
    items: list[Item] = []
    ordered = config.steer == "coverage"
    steered = Steered(config, sets, lambda first, end: settled[first:end])
    for sample in range(samples):
        pattern = steered(sample) if ordered else sample_pattern(config, sets, sample)
        source = write_program(pattern, derived_rng(config.seed, sample, "program:1"), "SynthModel", ordered)
        one = None if broken & set(pattern) else run(source, pattern)
        settled.append(
            Settled(pattern, one is not None, one is None, frozenset(one.pairs or ()) if one else frozenset())
        )
        if one is not None:
            items.append(one)
    found = tables(items).summary()
    last = settled[-max(1, samples // 4) :]
    uses = Counter(name for one in settled for name in one.pattern)
    result = {
        "kept": len(items),
        "kept_of_last_quarter": round(sum(one.kept for one in last) / len(last), 3),
        "operators_a_sample": round(uses.total() / samples, 3),
        **{name: _short(found[name]) for name in ("pairs", "successions", "aten_edges")},
        "operators_used": found["operators"]["used"],
        "effective_operators": found["operators"]["effective"],
        "least_used": min(uses[entry.name] for entry in operators.catalogue()),
        "graphs": found["graphs"],
        "vendi": found["vendi"],
        "means": {name: found["structure"][name]["mean"] for name in ("nodes", "depth", "width", "joins")},
        "zlib_ratio": found["zlib_ratio"],
        "seconds": round(time.perf_counter() - started, 1),
    }
    if broken:
        result["asked_for_broken"] = sum(uses[name] for name in broken)
        result["samples_with_broken_in_last_quarter"] = sum(bool(broken & set(one.pattern)) for one in last)
    return result


def _short(found: dict[str, Any]) -> dict[str, Any]:
    return {key: found[key] for key in ("distinct", "occurrences", "unseen_mass", "rarefaction")}


def main() -> None:
    given = dict(argument.split("=", 1) for argument in sys.argv[1:])
    samples, arms = int(given.get("samples", 2000)), given.get("arms", "none,coverage").split(",")
    torch.set_num_threads(1)
    sets = catalogue_sets()
    config = RunConfig(seed=int(given.get("seed", 0)))
    names = [*sets.core, *sets.compound, *sets.supporting]
    chosen = derived_rng(config.seed, 0, "broken").sample(names, round(float(given.get("broken", 0.03)) * len(names)))
    results: dict[str, Any] = {}
    for name in arms:
        steer = name.removeprefix("broken:")
        broken = frozenset(chosen) if steer != name else frozenset()
        results[name] = arm(replace(config, steer=steer), sets, samples, broken)
    if {"none", "coverage"} <= results.keys():
        for key in ("pairs", "successions", "aten_edges"):
            ratio = results["coverage"][key]["distinct"] / results["none"][key]["distinct"]
            results[f"{key}_ratio"] = round(ratio, 3)
    print(json.dumps({"benchmark": "breadth", "samples": samples, **results}))


if __name__ == "__main__":
    main()
