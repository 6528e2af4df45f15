"""One program of a corpus as breadth sees it, from the journal or from an exported row."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from synth.store.journal import Journal

#: (kind, dtype, rank, operators fused) of a Triton kernel
Kernel = tuple[str, str, int, int]
#: whole numbers of stage GRAPH that say what a graph looks like
STRUCTURE = ("nodes", "depth", "width", "joins", "inputs", "parameters")


@dataclass(frozen=True)
class Item:
    """What is known of one program.  What its stages did not say is empty or None."""

    text: str
    pattern: tuple[str, ...] = ()
    order: tuple[str, ...] | None = None  # of EAGER, as `pairs`
    pairs: tuple[tuple[str, str], ...] | None = None
    kernels: tuple[Kernel, ...] = ()
    root: str | None = None  # of GRAPH, as what follows
    operators: Mapping[str, int] | None = None
    edges: tuple[tuple[str, str], ...] | None = None
    wl2: Mapping[str, int] | None = None
    structure: Mapping[str, int] = field(default_factory=dict)


def item(text: str, pattern: Iterable[str], stages: Mapping[str, Any], evidence: Mapping[str, Any]) -> Item:
    """From a program's text, its stages' metrics by the stage's name, and its pair's evidence."""
    eager, graph = stages.get("eager", {}), stages.get("graph", {})
    order, pairs, edges, wl2 = eager.get("order"), eager.get("pairs"), graph.get("edges"), graph.get("wl2")
    kernels = evidence.get("labels", {}).get("kernels", {}).values()
    return Item(
        text,
        tuple(pattern),
        None if order is None else tuple(order),
        None if pairs is None else tuple((a, b) for a, b in pairs),
        tuple(
            # Labels from before they said all of a kernel are read, too.
            (str(k.get("kind", "")), str(k.get("dtype") or ""), int(k.get("rank") or 0), len(k.get("operators") or ()))
            for k in kernels
        ),
        graph.get("root"),
        graph.get("operators"),
        None if edges is None else tuple((a, b) for a, b, *_ in edges),
        None if wl2 is None else {name: int(count) for name, count in wl2},
        {name: graph[name] for name in STRUCTURE if name in graph},
    )


def of_run(journal: Journal) -> Iterator[Item]:
    """The kept programs of a run, in index order."""
    for attempt in journal.kept_attempts():
        stages = {str(verdict.stage): verdict.metrics for verdict in attempt.verdicts or ()}
        evidence = attempt.pair.evidence if attempt.pair else {}
        yield item(attempt.program or "", attempt.pattern, stages, evidence)


def of_rows(rows: Iterable[Mapping[str, Any]]) -> Iterator[Item]:
    """Rows of an export (`synth.rows`); of those of gradients nothing is taken, they follow from their programs.

    Raises KeyError, TypeError or ValueError on rows that are none of ours.
    """
    for row in rows:
        if row.get("direction", "forward") == "forward":
            stages, evidence = json.loads(row["verdicts"]), json.loads(row["evidence"])
            yield item(row["python_code"], row["pattern"], stages, evidence)
