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
    movers: list[Operator] = []
    staying: list[Operator] = []
    steps: set[tuple[Layout, Layout]] = set()
    for entry in entries:
        (movers if entry.leaves else staying).append(entry)
        if entry.exits:
            steps.update(entry.exits)
    homes = _assign(staying, rng)
    if not homes:
        homes = {rng.choice(movers[0].layouts): []}
    order = _ordered(list(homes), steps, rng)
    spare = [_closer(step, homes, movers) if step in steps else None for step in pairwise(order)]
    spare.append(None)
    for mover in movers:  # it leads away from wherever it stands, which costs nothing at the end
        at = next((i for i in range(len(order) - 1, -1, -1) if spare[i] is None and order[i] in mover.layouts), -1)
        if spare[at] is None and order[at] in mover.layouts:
            spare[at] = mover
        else:
            homes[order[at]].append(mover)
    stages = []
    for layout, following, closer in zip(order, [*order[1:], None], spare, strict=True):
        groups = _group(homes[layout], rng)
        if closer is None:
            stages.append(Stage(layout, groups, following))
            continue
        if groups:
            groups[-1].append(closer)
        else:
            groups.append([closer])
        stages.append(Stage(layout, groups, following, (layout, following) in closer.exits))
    return stages


def _closer(
    step: tuple[Layout, Layout], homes: dict[Layout, list[Operator]], movers: list[Operator]
) -> Operator | None:
    """An operator that makes this step itself, taken from where it was: a mover, or one that can."""
    for entry in movers:
        if step in entry.exits:
            movers.remove(entry)
            return entry
    here = homes[step[0]]
    for members in (here, *[others for others in homes.values() if others is not here and len(others) > 1]):
        for entry in members:
            if step in entry.exits:
                members.remove(entry)
                return entry
    return None


def _ordered(layouts: list[Layout], steps: set[tuple[Layout, Layout]], rng: Random) -> list[Layout]:
    """The order that takes most of the `steps`, which operators can make; a natural one among equals."""
    if rng.random() < 0.55:
        layouts.sort(key=_DOWN.index)
    else:
        rng.shuffle(layouts)
    possible = min(len(layouts) - 1, sum(here in layouts and there in layouts for here, there in steps))
    best, most = layouts, 0
    for order in permutations(layouts) if possible else ():
        made = sum(map(steps.__contains__, pairwise(order)))
        if made > most:
            best, most = list(order), made
            if made == possible:
                break
    return best


def _assign(entries: Sequence[Operator], rng: Random) -> dict[Layout, list[Operator]]:
    """A layout for every operator: few layouts in all, none of them starved."""
    homes: dict[Layout, list[Operator]] = {}
    shuffled = list(entries)
    rng.shuffle(shuffled)
    shuffled.sort(key=_choices)
    choice = rng.choice
    open_to: tuple[Layout, ...] = ()  # the layouts that `open_homes` was found for: often those of the next one, too
    open_homes: list[Layout] = []
    for at, entry in enumerate(shuffled):
        if entry.layouts is not open_to:
            open_to = entry.layouts
            open_homes = [layout for layout in open_to if layout in homes]
        if open_homes:
            homes[choice(open_homes)].append(entry)
            continue
        layout = open_to[0]
        if len(open_to) > 1:  # the layout that most of the others can share
            rest = shuffled[at + 1 :]
            shared = [sum([layout in other.layouts for other in rest]) for layout in open_to]
            most = max(shared)
            layout = choice([o for o, count in zip(open_to, shared, strict=True) if count == most])
        homes[layout] = [entry]
        open_homes = [layout]
    return homes


def _choices(entry: Operator) -> int:
    return len(entry.layouts)


def _group(members: list[Operator], rng: Random) -> list[list[Operator]]:
    """Blocks as people build them: pad, heavy layer, norm, activation, pool, with some disorder."""
    heavy: list[Operator] = []
    light: list[Operator] = []
    enders: list[Operator] = []
    for entry in members:
        phase = entry.phase
        (heavy if phase == 1 else enders if phase == 6 else light).append(entry)
    for some in (heavy, light, enders):
        if len(some) > 1:
            rng.shuffle(some)
    groups = [[entry] for entry in heavy]
    for _ in range(max(1, (len(light) + 1) // 3) - len(heavy)):
        groups.append([])
    for entry in light:
        rng.choice(groups).append(entry)
    disorder = None if rng.random() < 0.15 else _with_disorder(rng.choice((0.5, 1.5, 3.0)), rng)
    for group in groups:
        if len(group) > 1:
            if disorder is None:
                rng.shuffle(group)
            else:
                group.sort(key=disorder)
    for entry in enders:
        (groups[-1] if rng.random() < 0.8 else rng.choice(groups)).append(entry)
    return [group for group in groups if group]


def _with_disorder(disorder: float, rng: Random) -> Callable[[Operator], float]:
    random = rng.random
    return lambda entry: entry.phase + disorder * (random() + random() - 1)
