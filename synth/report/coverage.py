"""What the kept programs cover, from the counts of `synth.breadth`: operators, ordered pairs of them, edges of graphs.

What stage EAGER saw of ordered pairs is best: that b was given a's result (its metric `pairs`), or else that b was the
next operator of the pattern to run after a (`order`).  Journals from before those metrics know only the order that was
asked for.  `pairs.source` says which of the three it is; they are never mixed, and the best that any program has is
taken.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from operators import catalogue
from synth.breadth.measures import Tables
from synth.breadth.spread import unseen_mass

FED, EXECUTED, ASKED = "fed", "executed", "asked"
_EDGES = 25  # of the dataflow edges, most frequent first


def coverage(found: Tables) -> dict[str, Any]:
    """The counts as JSON data."""
    known = {operator.name: operator.family for operator in catalogue()}
    return {
        "programs": found.programs,
        "operators": {
            "catalogue": len(known),
            "used": [list(item) for item in sorted(found.asked.items(), key=lambda item: (-item[1], item[0]))],
            "unused": sorted(name for name in known if name not in found.asked),
        },
        "pairs": _pairs(found, known),
        "edges": [[*pair, count] for pair, count in _ranked(found.edges)[:_EDGES]],
        "distinct_edges": len(found.edges),
    }


def _pairs(found: Tables, known: dict[str, str]) -> dict[str, Any]:
    sources = ((FED, found.pairs), (EXECUTED, found.successions), (ASKED, found.neighbours))
    source, counts = next(((source, counts) for source, counts in sources if counts), sources[-1])
    seen = {name for pair in counts for name in pair}
    families = {name: known.get(name, "other") for name in {*known, *seen}}
    names = sorted(families, key=lambda name: (families[name], name))
    index = {name: number for number, name in enumerate(names)}
    return {
        "source": source,
        "names": names,
        "families": [families[name] for name in names],
        "cells": sorted([index[first], index[second], count] for (first, second), count in counts.items()),
        "top": [[*pair, count] for pair, count in _ranked(counts)[:20]],
        "total": counts.total(),
        "distinct": len(counts),
        "possible": len(names) ** 2,
        "unseen_mass": unseen_mass(counts.values()) if counts else None,
    }


def _ranked(counts: Counter[tuple[str, str]]) -> list[tuple[tuple[str, str], int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))
