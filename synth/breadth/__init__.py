"""How broad a corpus is, measured, and how a run is steered towards more of it.

    from synth.breadth import measure
    measure(journal)        # the kept programs of a run, from its open `Journal`
    measure(rows)           # rows of an export, as mappings

`measure` answers JSON data.  Nothing in it is claimed by whoever wrote a program: all comes from what the validators
saw.  What a journal does not hold, because a stage was not run or is older than the measure, is None.

`pairs`         ordered operator pairs.  (a, b) is seen in a program where two operators of its pattern ran on CPU in
                stage EAGER and b was given a's result as it was: nothing but views in between (`operators.order`).
                Joins, scalings and layout changes that belong to no operator of the pattern break a pair.
`successions`   weaker: b was the next of the pattern's operators to start after a, fed by it or not.
`aten_edges`    producer and consumer in the ATen graph, views left out (stage GRAPH); ReLU the module and relu the
                function are one there, and what an operator is made of counts too.
`kernels`       the Triton kernels by kind, dtype, rank and number of operators fused; empty cells are of the table that
                the kinds, dtypes and ranks seen span.
`operators`     of the catalogue: used in a kept program, or not yet.
`graphs`        programs by their loose ATen graph (names, constants and shapes aside): how many equally frequent graphs
                would be as diverse, and the share that the most frequent hundredth of the graphs has (`top_graphs`
                many; below 150 graphs it is the single most frequent one).
`vendi`         the same question asked of likeness instead of sameness, on a fixed subsample; grows with its size.
`structure`     histograms of what graphs look like.
`zlib_ratio`    an alarm for templates and no more: it cannot tell a set of 16 graphs from a benchmark of 100.

Of pairs, successions and edges there are: how many are distinct, seen once, the effective number, the chance that the
next one is new (Good-Turing), and how many a smaller corpus would show (rarefaction), all counted once a program.

`synth.breadth.steering` draws patterns towards unseen pairs (`steer=coverage`); `state` is what it knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from synth.breadth.items import Item, item, of_rows, of_run
from synth.breadth.measures import tables
from synth.store.journal import Journal

__all__ = ["Item", "item", "measure", "of_rows", "of_run", "tables"]


def measure(source: Journal | Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The measures of a run's kept programs, or of exported rows, as JSON data.

    Takes one pass and memory for the counts and the subsample.  Raises KeyError, TypeError or ValueError on rows that
    are none of an export.
    """
    return tables(of_run(source) if isinstance(source, Journal) else of_rows(source)).summary()
