"""In which layouts, and in which order, the operators of a pattern are written.

Every change of layout costs an adapter, so operators that allow several layouts are put where others already
force one, and a layout is visited once.  Operators that change the layout themselves end their stage and so
replace an adapter: the order of the stages is one in which as many of them as possible do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise, permutations
from random import Random
from typing import NamedTuple

from operators.spec import Layout, Operator

_DOWN = (Layout.VOLUME, Layout.IMAGE, Layout.SIGNAL, Layout.SEQUENCE, Layout.VECTOR)


class Stage(NamedTuple):
    """Operators written in one layout, in groups that belong together, and the layout that the next one is in."""

    layout: Layout
    groups: list[list[Operator]]
    following: Layout | None
    closed: bool = False  # its last operator leads into the next one's layout

    @property
    def operators(self) -> list[Operator]:
        """All of them, in order."""
        return [entry for group in self.groups for entry in group]


def plan_stages(entries: Sequence[Operator], rng: Random) -> list[Stage]:
    """Stages in the order in which they run."""
    movers = [e for e in entries if e.leaves]
    homes = _assign([e for e in entries if not e.leaves], rng)
    if not homes:
        homes = {rng.choice(movers[0].layouts): []}
    order = _ordered(list(homes), entries, rng)
    closers = [_closer((here, there), homes, movers) for here, there in pairwise(order)]
    spare = [*closers, None]
    for mover in movers:  # it leads away from wherever it stands, which costs nothing at the end
        at = next((i for i in range(len(order) - 1, -1, -1) if spare[i] is None and order[i] in mover.layouts), -1)
        if spare[at] is None and order[at] in mover.layouts:
            spare[at] = mover
        else:
            homes[order[at]].append(mover)
    stages = []
    for at, layout in enumerate(order):
        groups = _group(homes[layout], rng)
        closer = spare[at]
        if closer is not None:
            if groups:
                groups[-1].append(closer)
            else:
                groups.append([closer])
        following = order[at + 1] if at + 1 < len(order) else None
        stages.append(Stage(layout, groups, following, closer is not None and (layout, following) in closer.exits))
    return stages


def _closer(
    step: tuple[Layout, Layout], homes: dict[Layout, list[Operator]], movers: list[Operator]
) -> Operator | None:
    """An operator that makes this step itself, taken from where it was: a mover, or one that can."""
    for entry in movers:
        if step in entry.exits:
            movers.remove(entry)
            return entry
    for layout in (step[0], *(other for other in homes if other is not step[0] and len(homes[other]) > 1)):
        members = homes[layout]
        for entry in members:
            if step in entry.exits:
                members.remove(entry)
                return entry
    return None


def _ordered(layouts: list[Layout], entries: Sequence[Operator], rng: Random) -> list[Layout]:
    """The order in which most steps are made by operators; a natural one among equals."""
    if rng.random() < 0.55:
        layouts.sort(key=_DOWN.index)
    else:
        rng.shuffle(layouts)
    if len(layouts) < 2:
        return layouts
    steps = {step for entry in entries for step in entry.exits}
    if not steps:
        return layouts
    best, most = layouts, -1
    for order in permutations(layouts):
        made = sum(step in steps for step in pairwise(order))
        if made > most:
            best, most = list(order), made
    return best


def _assign(entries: Sequence[Operator], rng: Random) -> dict[Layout, list[Operator]]:
    """A layout for every operator: few layouts in all, none of them starved."""
    homes: dict[Layout, list[Operator]] = {}
    shuffled = list(entries)
    rng.shuffle(shuffled)
    shuffled.sort(key=_choices)
    for at, entry in enumerate(shuffled):
        open_homes = [layout for layout in entry.layouts if layout in homes]
        if open_homes:
            layout = rng.choice(open_homes)
        elif len(entry.layouts) == 1:
            layout = entry.layouts[0]
        else:  # the layout that most of the others can share
            rest = shuffled[at + 1 :]
            shared = [sum(layout in other.layouts for other in rest) for layout in entry.layouts]
            layout = rng.choice([o for o, count in zip(entry.layouts, shared, strict=True) if count == max(shared)])
        homes.setdefault(layout, []).append(entry)
    return homes


def _choices(entry: Operator) -> int:
    return len(entry.layouts)


def _group(members: list[Operator], rng: Random) -> list[list[Operator]]:
    """Blocks as people build them: pad, heavy layer, norm, activation, pool, with some disorder."""
    heavy = [e for e in members if e.phase == 1]
    rng.shuffle(heavy)
    light = [e for e in members if e.phase != 1 and e.phase != 6]
    rng.shuffle(light)
    enders = [e for e in members if e.phase == 6]
    rng.shuffle(enders)
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
        disorder = _with_disorder(rng.choice((0.5, 1.5, 3.0)), rng)
        for group in groups:
            if len(group) > 1:
                group.sort(key=disorder)
    for entry in enders:
        (groups[-1] if rng.random() < 0.8 else rng.choice(groups)).append(entry)
    return [group for group in groups if group]


def _with_disorder(disorder: float, rng: Random) -> Callable[[Operator], float]:
    return lambda entry: entry.phase + disorder * (rng.random() + rng.random() - 1)
