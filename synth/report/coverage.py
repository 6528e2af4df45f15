"""What the kept programs cover: operators, ordered pairs of them, kinds of kernels, shapes of graphs.

An ordered pair (a, b) is counted once for each program that shows it.  What stage EAGER saw is best: that b was given
a's result (its metric `pairs`), or else that b was the next operator of the pattern to run after a (`order`).  Journals
from before those metrics know only the order that was asked for.  `pairs.source` says which of the three it is; they
are never mixed, and the best that any program has is taken.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from operators import catalogue
from synth.attempts import Attempt
from validators.verdict import Stage

FED, EXECUTED, ASKED = "fed", "executed", "asked"
#: how many ATen operators a kernel computes, in the columns of the kernel table
FUSION_SIZES = ((1, "1"), (2, "2"), (4, "3-4"), (8, "5-8"), (math.inf, "9+"))
STRUCTURE = ("nodes", "depth", "width", "joins", "inputs", "parameters")
_BINS = ((0, "0"), (1, "1"), (2, "2"), (4, "3-4"), (8, "5-8"), (16, "9-16"), (32, "17-32"), (math.inf, "33+"))
_TENSOR = re.compile(r"^(\w+)\[([^\]]*)\]$")  # as stage EAGER writes a tensor: float32[2, 3]
_EDGES = 25  # of the dataflow edges, most frequent first


@dataclass
class Coverage:
    """Counts that grow with each kept program."""

    programs: int = 0
    operators: Counter[str] = field(default_factory=Counter)
    pairs: dict[str, Counter[tuple[str, str]]] = field(default_factory=dict)
    kernels: Counter[tuple[str, str, int | None, str]] = field(default_factory=Counter)
    edges: Counter[tuple[str, str]] = field(default_factory=Counter)
    structure: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, attempt: Attempt) -> None:
        """One more kept program."""
        self.programs += 1
        self.operators.update(set(attempt.pattern))
        metrics = {verdict.stage: verdict.metrics for verdict in attempt.verdicts or ()}
        eager, graph = metrics.get(Stage.EAGER, {}), metrics.get(Stage.GRAPH, {})
        seen: dict[str, Iterable[tuple[str, str]]] = {ASKED: pairwise(attempt.pattern)}
        if isinstance(order := eager.get("order"), list):
            seen[EXECUTED] = pairwise(map(str, order))
        if isinstance(fed := eager.get("pairs"), list):
            seen[FED] = [(str(first), str(second)) for first, second in fed]
        for source, pairs in seen.items():
            self.pairs.setdefault(source, Counter()).update(set(pairs))
        self._add_kernels(attempt, eager.get("inputs"))
        for edge in graph.get("edges") or ():
            producer, consumer, count = edge
            self.edges[str(producer), str(consumer)] += int(count)
        for measure in STRUCTURE:
            if isinstance(value := graph.get(measure), int):
                self.structure.setdefault(measure, Counter())[_bin(value, _BINS)] += 1

    def _add_kernels(self, attempt: Attempt, inputs: object) -> None:
        if attempt.pair is None:
            return
        dtype, rank = _first_tensor(inputs)
        labels = attempt.pair.evidence.get("labels", {}).get("kernels", {})
        for name in attempt.pair.kernels:
            label = labels.get(name, {})
            fused = len(label.get("operators", ()))
            # Labels from before they said of a kernel what it holds leave the program's first input to stand for it.
            own = (label.get("dtype", dtype), label.get("rank", rank))
            self.kernels[label.get("kind", "unknown"), *own, _bin(fused, FUSION_SIZES)] += 1

    def data(self) -> dict[str, Any]:
        """The counts as JSON data."""
        known = {operator.name: operator.family for operator in catalogue()}
        used = [[name, count] for name, count in sorted(self.operators.items(), key=lambda item: (-item[1], item[0]))]
        unused = sorted(name for name in known if name not in self.operators)
        return {
            "programs": self.programs,
            "operators": {"catalogue": len(known), "used": used, "unused": unused},
            "pairs": self._pairs_data(known),
            "kernels": [
                {"kind": kind, "dtype": dtype, "rank": rank, "fused": fused, "count": count}
                for (kind, dtype, rank, fused), count in sorted(
                    self.kernels.items(), key=lambda item: (item[0][0], item[0][1], item[0][2] or 0, item[0][3])
                )
            ],
            "edges": [[*pair, count] for pair, count in _ranked(self.edges)[:_EDGES]],
            "distinct_edges": len(self.edges),
            "structure": {
                measure: [[label, self.structure[measure][label]] for _, label in _BINS]
                for measure in STRUCTURE
                if measure in self.structure
            },
        }

    def _pairs_data(self, known: dict[str, str]) -> dict[str, Any]:
        source = next((source for source in (FED, EXECUTED, ASKED) if self.pairs.get(source)), ASKED)
        counts = self.pairs.get(source, Counter())
        seen = {name for pair in counts for name in pair}
        families = {name: known.get(name, "other") for name in {*known, *seen}}
        names = sorted(families, key=lambda name: (families[name], name))
        index = {name: number for number, name in enumerate(names)}
        total, once = sum(counts.values()), sum(count == 1 for count in counts.values())
        return {
            "source": source,
            "names": names,
            "families": [families[name] for name in names],
            "cells": sorted([index[first], index[second], count] for (first, second), count in counts.items()),
            "top": [[*pair, count] for pair, count in _ranked(counts)[:20]],
            "total": total,
            "distinct": len(counts),
            "possible": len(names) ** 2,
            # Good (1953): the chance that the next pair is a new one is about the share of pairs seen once.
            "unseen_mass": once / total if total else None,
        }


def _ranked(counts: Counter[tuple[str, str]]) -> list[tuple[tuple[str, str], int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _bin(value: int, bins: Iterable[tuple[float, str]]) -> str:
    return next(label for most, label in bins if value <= most)


def _first_tensor(inputs: object) -> tuple[str, int | None]:
    """dtype and rank of the first input, as far as stage EAGER tells."""
    for text in inputs if isinstance(inputs, list) else ():
        if found := _TENSOR.match(str(text)):
            return found[1], len([size for size in found[2].split(",") if size.strip()])
    return "unknown", None
