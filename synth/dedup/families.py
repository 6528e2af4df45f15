"""Rows as deduplication takes them: a pair together with the rows of its gradient, which share its fate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from synth.dedup.record import Record, record_of
from synth.dedup.selection import Selection
from synth.errors import UsageError

Row = dict[str, Any]
Family = list[tuple[str, Row]]  # each row with what it is called in messages; the pair's first


def families(rows: Iterable[tuple[str, Row]]) -> Iterator[Family]:
    """Each forward row with the backward rows behind it.

    Raises UsageError for a backward row that is behind another program's: it would share that one's fate and group.
    """
    family: Family = []
    for label, row in rows:
        if row.get("direction") == "backward":
            if not family or _origin(family[0][1]) != _origin(row):
                raise UsageError(
                    f"{label}: is a gradient (direction backward) and does not follow its program's row; "
                    "keep the order of the export, or leave the gradients out."
                )
        elif family:
            yield family
            family = []
        family.append((label, row))
    if family:
        yield family


def _origin(row: Row) -> tuple[Any, ...]:
    """What a program's row and its gradient's have in common."""
    return tuple(row.get(name) for name in ("seed", "sample", "attempt", "group"))


def records(found: Iterable[Family]) -> Iterator[Record]:
    """What the final pass needs to know of each.  Raises UsageError that names a row which is no pair."""
    for family in found:
        label, row = family[0]
        yield record_of(row, [gradient for _, gradient in family[1:]], label)


def group_names(found: Iterable[Family], selection: Selection) -> dict[str, str]:
    """A name for each of the selection's groups: the smallest of the groups that its rows come with.

    Those are named after graphs, so that a name stays where rows of graphs that are there are added; only a program
    that joins two groups moves one of them.
    """
    names: dict[str, str] = {}
    for number, family in enumerate(found):
        key = selection.group(number)
        own = str(family[0][1].get("group") or key)  # a row of other origin has none
        names[key] = min(names.get(key, own), own)
    return names


def kept(found: Iterable[Family], selection: Selection, names: Mapping[str, str] | None = None) -> Iterator[Family]:
    """Those that are kept, with the number of rows that each stands for; `found` are the ones that were selected of.

    With `names` (see `group_names`) each row is given its group's.
    """
    for number, family in enumerate(found):
        if not selection.fates[number]:
            more: Row = {"duplicates": int(selection.stands_for[number])}
            if names is not None:
                more["group"] = names[selection.group(number)]
            yield [(label, row | more) for label, row in family]
