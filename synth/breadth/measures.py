"""The measures of a corpus, in one pass over its programs."""

from __future__ import annotations

import heapq
import zlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import pairwise
from typing import Any

import operators
from synth.breadth.items import STRUCTURE, Item, Kernel
from synth.breadth.spread import coverage, effective_number, entropy, histogram
from synth.breadth.vendi import vendi

SUBSAMPLE = 1000  # programs that the Vendi score and the zlib ratio are of, at most
SEED = 0  # of their choice
TOP = 0.01  # share of graphs whose weight is told
_BUCKETS = ((1, "1"), (3, "2-3"), (7, "4-7"), (15, "8-15"))
_MORE = "16+"
#: how many operators a kernel computes, in the columns of a table of kernels
FUSION_SIZES = (*(label for _, label in _BUCKETS), _MORE)


@dataclass
class Tables:
    """Counts over programs; the order in which they are added does not matter."""

    programs: int = 0
    kernels: Counter[Kernel] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)  # programs that an operator is in the pattern of
    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)  # programs that show a pair; so the next two
    successions: Counter[tuple[str, str]] = field(default_factory=Counter)
    neighbours: Counter[tuple[str, str]] = field(default_factory=Counter)  # in the pattern, whatever ran
    edges: Counter[tuple[str, str]] = field(default_factory=Counter)
    aten: Counter[str] = field(default_factory=Counter)
    roots: Counter[str] = field(default_factory=Counter)
    structure: dict[str, Counter[int]] = field(default_factory=lambda: {name: Counter() for name in STRUCTURE})
    sums: Counter[str] = field(default_factory=Counter)  # of what `structure` holds in buckets
    with_pairs: int = 0  # programs of which EAGER says them
    with_order: int = 0  # the same of the order in which operators started
    with_graph: int = 0  # programs of which GRAPH says anything
    occurrences: Counter[bytes] = field(default_factory=Counter)  # of a text
    chosen: list[tuple[int, str, Item]] = field(default_factory=list)  # a heap: those with the least draws

    def add(self, one: Item) -> None:
        """Takes in a program."""
        self.programs += 1
        self.asked.update(set(one.pattern))
        self.neighbours.update(set(pairwise(one.pattern)))
        self.kernels.update(one.kernels)
        if one.pairs is not None:
            self.with_pairs += 1
            self.pairs.update(set(one.pairs))
        if one.order is not None:
            self.with_order += 1
            self.successions.update(set(pairwise(one.order)))
        if one.root is not None:
            self.with_graph += 1
            self.roots[one.root] += 1
            self.edges.update(set(one.edges or ()))
            self.aten.update((one.operators or {}).keys())
            for name, value in one.structure.items():
                self.structure[name][_bucket(name, value)] += 1
                self.sums[name] += value
        self._draw(one)

    def _draw(self, one: Item) -> None:
        """A draw that follows from the text and how often it was met, so that no order enters."""
        digest = blake2b(one.text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        self.occurrences[digest] += 1
        drawn = blake2b(f"{SEED}:{self.occurrences[digest]}:".encode() + digest, digest_size=8).digest()
        entry = (-int.from_bytes(drawn, "big"), one.text, one)
        if len(self.chosen) < SUBSAMPLE:
            heapq.heappush(self.chosen, entry)
        elif entry[0] > self.chosen[0][0]:
            heapq.heapreplace(self.chosen, entry)

    def summary(self) -> dict[str, Any]:
        """Everything as JSON data.  What no stage said anything of is None."""
        chosen = [one for _, _, one in sorted(self.chosen, key=lambda entry: entry[:2])]
        features = [one.wl2 for one in chosen if one.wl2 is not None]
        known = self.with_graph > 0
        return {
            "programs": self.programs,
            "kernels": _kernels(self.kernels),
            "operators": _operators(self.asked),
            "pairs": coverage(list(self.pairs.values()), self.with_pairs) if self.with_pairs else None,
            "successions": coverage(list(self.successions.values()), self.with_order) if self.with_order else None,
            "aten_operators": len(self.aten) if known else None,
            "aten_edges": coverage(list(self.edges.values()), self.with_graph) if known else None,
            "graphs": _graphs(self.roots) if known else None,
            "vendi": {"score": round(vendi(features), 2), "programs": len(features)} if features else None,
            "structure": {name: histogram(counts, self.sums[name]) for name, counts in self.structure.items()}
            if known
            else None,
            "zlib_ratio": _zlib_ratio([one.text for one in chosen]),
        }


def tables(items: Iterable[Item]) -> Tables:
    """The counts over all of them."""
    found = Tables()
    for one in items:
        found.add(one)
    return found


def _bucket(name: str, value: int) -> int:
    """Whole numbers as they are while small; numbers of parameters and nodes by their power of two."""
    if name == "parameters" or (name == "nodes" and value > 16):
        return 1 << (value.bit_length() - 1) if value else 0
    return value


def bucket_title(name: str, least: int) -> str:
    """The values of a bucket that begins with `least`: 5, or 16-31."""
    return str(least) if least < 2 or _bucket(name, 2 * least - 1) != least else f"{least}-{2 * least - 1}"


def _kernels(counts: Counter[Kernel]) -> dict[str, Any]:
    """The table of kernels, a row for each cell that is not empty, the fullest first."""
    cells: Counter[tuple[str, str, int, str]] = Counter()
    for (kind, dtype, rank, fused), count in counts.items():
        cells[kind, dtype, rank, _fused(fused)] += count
    axes = [{cell[axis] for cell in cells} for axis in range(3)]
    possible = len(axes[0]) * len(axes[1]) * len(axes[2]) * len(FUSION_SIZES)
    return {
        "kernels": cells.total(),
        "entropy": round(entropy(cells.values()), 4),
        "effective": round(effective_number(cells.values()), 2),
        "cells": len(cells),
        "empty_cells": possible - len(cells),
        "kinds": dict(sorted(_sums(cells, 0).items())),
        "table": [[*cell, count] for cell, count in sorted(cells.items(), key=lambda entry: (-entry[1], entry[0]))],
    }


def _fused(number: int) -> str:
    return next((name for most, name in _BUCKETS if number <= most), _MORE)


def _sums(cells: Counter[tuple[str, str, int, str]], axis: int) -> Counter[str]:
    found: Counter[str] = Counter()
    for cell, count in cells.items():
        found[str(cell[axis])] += count
    return found


def _operators(asked: Counter[str]) -> dict[str, Any]:
    """Of the catalogue: what is in the pattern of a kept program, which EAGER has seen it run in."""
    names = [entry.name for entry in operators.catalogue()]
    return {
        "catalogue": len(names),
        "used": sum(asked[name] > 0 for name in names),
        "unused": sorted(name for name in names if not asked[name]),
        "effective": round(effective_number(asked.values()), 2),
    }


def _graphs(roots: Counter[str]) -> dict[str, Any]:
    total = roots.total()
    most = max(1, round(TOP * len(roots)))
    effective = effective_number(roots.values())
    return {
        "programs": total,
        "distinct": len(roots),
        "effective": round(effective, 2),
        "effective_share": round(effective / total, 4),
        "top_graphs": most,
        "top_share": round(sum(count for _, count in roots.most_common(most)) / total, 4),
    }


def top_title(graphs: dict[str, Any]) -> str:
    """What `top_share` is the share of: a hundredth of few graphs is one."""
    number = graphs["top_graphs"]
    if number == 1:
        return "share of the most frequent graph"
    return f"share of the most frequent {number:,} graphs (1 %)"


def _zlib_ratio(texts: list[str]) -> float | None:
    """Bytes of the texts beside those of their compressed whole; high where they follow a template."""
    whole = "".join(texts).encode("utf-8", "surrogatepass")
    return round(len(whole) / len(zlib.compress(whole, 6)), 3) if whole else None
