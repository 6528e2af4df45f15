"""Stages for a pattern whose order is asked for: each operator on the result of the one before it.

Which layout an operator is written in is chosen so that there are as few bridges between layouts as can be: a shortest
path over (operator, layout), which is exact, as there are five layouts.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from random import Random

from operators.spec import Layout, Operator
from synth.synthesizer.itinerary import Stage

_SWITCH = 4.0  # a bridge between layouts, in units of the random noise that breaks ties
_VIEW = 1.0  # between these two a transposition is all it takes
_TURNED = {Layout.SEQUENCE, Layout.SIGNAL}


def ordered_stages(entries: Sequence[Operator], rng: Random) -> list[Stage]:
    """Stages that hold `entries` in their order."""
    stages: list[Stage] = []
    for entry, layout in zip(entries, _layouts(entries, rng), strict=True):
        if not stages or stages[-1].layout is not layout:
            stages.append(Stage(layout, []))
        groups = stages[-1].groups
        if not groups or len(groups[-1]) >= rng.choice((2, 3, 4, 5)):
            groups.append([])
        groups[-1].append(entry)
    return stages


def _layouts(entries: Sequence[Operator], rng: Random) -> list[Layout]:
    """The cheapest way through the layouts; ties are broken by `rng`."""
    costs: dict[Layout, float] = {layout: rng.random() for layout in entries[0].layouts}
    steps: list[dict[Layout, Layout]] = []
    for before, entry in pairwise(entries):
        best: dict[Layout, Layout] = {}
        reached: dict[Layout, float] = {}
        for layout in entry.layouts:
            ways = {last: cost + _bridge(before, last, layout) for last, cost in costs.items()}
            best[layout] = min(ways, key=lambda last: ways[last])
            reached[layout] = ways[best[layout]] + 0.5 * rng.random()
        steps.append(best)
        costs = reached
    layout = min(costs, key=lambda last: costs[last])
    path = [layout]
    for best in reversed(steps):
        path.append(best[path[-1]])
    return path[::-1]


def _bridge(before: Operator, last: Layout, following: Layout) -> float:
    if before.ends and last not in before.ends:
        return 0.0 if following in before.ends else _SWITCH
    if last is following:
        return 0.0
    return _VIEW if {last, following} == _TURNED else _SWITCH
