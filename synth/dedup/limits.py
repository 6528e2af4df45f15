"""How much of the same a set of pairs may hold; decisions about what is taken away, not about samples."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True)
class Limits:
    """What is too much of the same; None: no cap."""

    near_duplicate_jaccard: float = 0.70
    graph_cap: int | None = 4
    operators_cap: int | None = 64
    triton_cap: int | None = 8
    one_of_equals: bool = True  # whether equal sources, equal graphs and near-duplicates leave one


#: takes away nothing but pairs whose texts are the same
ONLY_IDENTICAL = Limits(graph_cap=None, operators_cap=None, triton_cap=None, one_of_equals=False)


def limits_of(given: dict[str, Any]) -> Limits | None:
    """The limits among a command's keys; None with `dedup=false`."""
    if not given.get("dedup", True):
        return None
    return Limits(**{field.name: given[field.name] for field in fields(Limits) if field.name in given})


#: the keys in the order in which they are settled, and what each tells
KEYS = {
    "identical": "both texts are the same",
    "source": "the same program, names and formatting aside",
    "graph": "the same ATen graph, shapes and constants included",
    "near_source": "a near-duplicate of another program",
    "graph_cap": "the same loose ATen graph more often than graph_cap",
    "operators_cap": "the same operators more often than operators_cap",
    "near_triton": "Triton code that is a near-duplicate of that of triton_cap better pairs",
}


def told(summary: dict[str, Any]) -> str:
    """What `Selection.summary` says, in one line."""
    dropped: dict[str, int] = summary["dropped"]
    if not dropped:
        return f"{summary['kept']} of {summary['pairs']} pairs kept: no duplicates dropped"
    reasons = "; ".join(f"{count} {key} ({KEYS.get(key, '')})" for key, count in dropped.items())
    return f"{summary['kept']} of {summary['pairs']} pairs kept; dropped: {reasons}"
