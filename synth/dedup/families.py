"""Rows as deduplication takes them: a pair together with the rows of its gradient, which share its fate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from synth.dedup.record import Record, record_of
from synth.dedup.selection import Selection

Row = dict[str, Any]
Family = list[tuple[str, Row]]  # each row with what it is called in messages; the pair's first


def families(rows: Iterable[tuple[str, Row]]) -> Iterator[Family]:
    """Each forward row with the backward rows behind it."""
    family: Family = []
    for label, row in rows:
        if family and row.get("direction") != "backward":
            yield family
            family = []
        family.append((label, row))
    if family:
        yield family


def records(found: Iterable[Family]) -> Iterator[Record]:
    """What the final pass needs to know of each.  Raises UsageError that names a row which is no pair."""
    for family in found:
        label, row = family[0]
        yield record_of(row, gradient=len(family) > 1, label=label)


def kept(found: Iterable[Family], selection: Selection) -> Iterator[Family]:
    """Those that are kept, with the number of rows that each stands for; `found` are the ones that were selected of."""
    for number, family in enumerate(found):
        if not selection.fates[number]:
            yield [(label, row | {"duplicates": int(selection.stands_for[number])}) for label, row in family]
