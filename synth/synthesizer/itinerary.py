"""In which layouts, and in which order, the operators of a pattern are written.

Every change of layout costs an adapter, so operators that allow several layouts are put where others already
force one, and a layout is visited once.  Operators that change the layout themselves end their stage and so
replace an adapter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import NamedTuple

from operators.spec import Layout, Operator

_DOWN = (Layout.VOLUME, Layout.IMAGE, Layout.SIGNAL, Layout.SEQUENCE, Layout.VECTOR)
_ORDERS = (
    _DOWN,
    _DOWN,
    _DOWN,
    tuple(reversed(_DOWN)),
    (Layout.IMAGE, Layout.VOLUME, Layout.SIGNAL, Layout.SEQUENCE, Layout.VECTOR),
    (Layout.SEQUENCE, Layout.SIGNAL, Layout.IMAGE, Layout.VOLUME, Layout.VECTOR),
    (Layout.VECTOR, Layout.SEQUENCE, Layout.SIGNAL, Layout.IMAGE, Layout.VOLUME),
    (Layout.SIGNAL, Layout.SEQUENCE, Layout.IMAGE, Layout.VOLUME, Layout.VECTOR),
)


class Stage(NamedTuple):
    """Operators written in one layout, in groups that belong together."""

    layout: Layout
    groups: list[list[Operator]]

    @property
    def operators(self) -> list[Operator]:
        """All of them, in order."""
        return [entry for group in self.groups for entry in group]


def plan_stages(entries: Sequence[Operator], rng: Random) -> list[Stage]:
    """Stages in the order in which they run."""
    homes = _assign(entries, rng)
    order = rng.choice(_ORDERS)
    stages = []
    for layout in order:
        if layout in homes:
            stages.append((layout, homes[layout]))
    return [Stage(layout, _group(members, _next(stages, at), rng)) for at, (layout, members) in enumerate(stages)]


def _next(stages: list[tuple[Layout, list[Operator]]], at: int) -> Layout | None:
    return stages[at + 1][0] if at + 1 < len(stages) else None


def _assign(entries: Sequence[Operator], rng: Random) -> dict[Layout, list[Operator]]:
    """A layout for every operator: few layouts in all, none of them starved."""
    homes: dict[Layout, list[Operator]] = {}
    shuffled = list(entries)
    rng.shuffle(shuffled)
    for entry in sorted(shuffled, key=lambda e: len(e.layouts)):
        open_homes = [layout for layout in entry.layouts if layout in homes]
        if open_homes and (len(entry.layouts) == 1 or rng.random() < 0.96):
            layout = rng.choice(open_homes)
        else:
            layout = rng.choice(entry.layouts)
        homes.setdefault(layout, []).append(entry)
    return homes


def _group(members: list[Operator], following: Layout | None, rng: Random) -> list[list[Operator]]:
    """Blocks as people build them: pad, heavy layer, norm, activation, pool, with some disorder.

    Operators that leave for the next stage's layout by themselves come last.
    """
    heavy = [e for e in members if e.phase == 1]
    rng.shuffle(heavy)
    light = [e for e in members if e.phase != 1 and e.phase != 6]
    rng.shuffle(light)
    enders = [e for e in members if e.phase == 6]
    rng.shuffle(enders)
    enders.sort(key=lambda e: following in e.ends)
    count = max(1, len(heavy), (len(light) + 1) // 3)
    groups: list[list[Operator]] = [[] for _ in range(count)]
    for at, entry in enumerate(heavy):
        groups[at % count].append(entry)
    for entry in light:
        rng.choice(groups).append(entry)
    if rng.random() < 0.15:
        for group in groups:
            rng.shuffle(group)
    else:
        disorder = rng.choice((0.2, 0.6, 1.2))
        for group in groups:
            group.sort(key=_with_disorder(disorder, rng))
    for entry in enders:
        (groups[-1] if rng.random() < 0.8 or following in entry.ends else rng.choice(groups)).append(entry)
    return [group for group in groups if group]


def _with_disorder(disorder: float, rng: Random) -> Callable[[Operator], float]:
    return lambda entry: entry.phase + rng.gauss(0.0, disorder)
