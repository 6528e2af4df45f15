"""`steer=coverage` beside `steer=none`: what as many programs show, verified by running them.

    python benchmarks/breadth.py [samples=2000] [arms=none,coverage] [broken=0.03] [seed=0]

Each arm draws its patterns as a run does, the built-in synthesizer writes the programs, and each is run in this process
on CPU with the recorder of stage EAGER; kept is what runs, is finite and shows its whole pattern.  Steering learns from
these runs in blocks, as from a journal; there are no kernels here, so it learns nothing of their kinds.  `broken` is
the share of operators that are said to fail always (arms `broken:none` and `broken:coverage`).

Graphs are those of ATen operators as CPU runs them: nodes are operators but views, edges who reads whose result; a
program's root is a hash over its nodes after four rounds of Weisfeiler and Lehman, with neither shapes nor constants.

Prints one JSON line.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.weak import WeakTensorKeyDictionary

import operators
from benchmarks.soak import load
from operators.order import order, pairs
from synth.breadth import Item, tables
from synth.breadth.state import Settled
from synth.breadth.steering import Steered
from synth.config import RunConfig
from synth.sampling import OperatorSets, catalogue_sets, derived_rng, sample_pattern
from synth.synthesizer import write_program
from validators.conduct.executed import record

COPIES = {"clone", "_to_copy", "_unsafe_view", "detach", "copy", "contiguous"}
ROUNDS = 4


class Graph(TorchDispatchMode):
    """The ATen operators that run inside, and who reads whose result."""

    def __init__(self) -> None:
        super().__init__()
        self.makers: Any = WeakTensorKeyDictionary()
        self.nodes: list[tuple[str, list[int]]] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        output = func(*args, **(kwargs or {}))
        name = func.overloadpacket.__name__.removesuffix("_")
        given = [t for t in tree_leaves((args, kwargs)) if isinstance(t, torch.Tensor)]
        makers = sorted({maker for tensor in given for maker in self.makers.get(tensor, ())})
        aliases = [returned.alias_info for returned in func._schema.returns]
        if name not in COPIES and not any(alias is not None and not alias.is_write for alias in aliases):
            self.nodes.append((name, makers))
            makers = [len(self.nodes) - 1]
        for tensor in tree_leaves(output):
            if isinstance(tensor, torch.Tensor):
                self.makers[tensor] = makers
        return output

    def labels(self) -> list[list[str]]:
        """The nodes' labels after each round."""
        rounds = [[name for name, _ in self.nodes]]
        for _ in range(ROUNDS):
            last = rounds[-1]
            rounds.append(
                [_hash(last[at], *sorted(last[m] for m in makers)) for at, (_, makers) in enumerate(self.nodes)]
            )
        return rounds

    def facts(self) -> dict[str, Any]:
        """What stage GRAPH would say."""
        rounds = self.labels()
        depths: list[int] = []
        for _, makers in self.nodes:
            depths.append(1 + max((depths[maker] for maker in makers), default=0))
        names = rounds[0]
        return {
            "root": _hash(*sorted(rounds[-1])),
            "operators": Counter(names),
            "edges": tuple((names[maker], name) for name, makers in self.nodes for maker in makers),
            "wl2": Counter(rounds[2]),
            "structure": {
                "nodes": len(names),
                "depth": max(depths, default=0),
                "width": max(Counter(depths).values(), default=0),
                "joins": sum(len(makers) > 1 for _, makers in self.nodes),
            },
        }


def _hash(*parts: str) -> str:
    return blake2b("\0".join(parts).encode(), digest_size=8).hexdigest()


def run(source: str, pattern: tuple[str, ...]) -> Item | None:
    """The program with what its run showed; None where it would not be kept."""
    torch.manual_seed(0)
    scope = load(source, "SynthModel")
    args, kwargs = scope["get_init_inputs"]()
    model = scope["SynthModel"](*args, **kwargs).eval()
    inputs = scope["get_inputs"]()
    graph = Graph()
    with torch.no_grad(), graph:
        output, counts, events, reads = record(model, inputs)
    if operators.missing(pattern, counts) or not all(torch.isfinite(t).all() for t in tree_leaves(output)):
        return None
    ran = tuple(order(pattern, counts, events))
    return Item(source, pattern, ran, tuple(pairs(pattern, counts, events, reads)), **graph.facts())


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
    uses = Counter(name for one in settled for name in one.pattern)
    result = {
        "kept": len(items),
        "kept_of_last_quarter": round(sum(one.kept for one in settled[-(samples // 4) :]) / (samples // 4), 3),
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
        result["samples_with_broken_in_last_quarter"] = sum(
            bool(broken & set(one.pattern)) for one in settled[-(samples // 4) :]
        )
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
