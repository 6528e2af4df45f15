"""Does a run show every operator of a pattern?  An assignment problem, solved exactly.

Events are shared: one `F:add` may stand for Add, ResidualAdd or BiasAdd, but only for one of them.  So each
occurrence in the pattern needs an event of its own, and `missing` finds the largest possible assignment by
augmenting paths over distinct event names with capacities.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from operators.registry import get


def missing(pattern: Sequence[str], counts: Mapping[str, int]) -> list[str]:
    """The operators of `pattern`, with multiplicity and in its order, that `counts` cannot cover.

    `counts` maps events to how often they happened.  Raises KeyError on a name that is not in the catalogue.
    """
    return [name for name, event in zip(pattern, assigned(pattern, counts), strict=True) if event is None]


def assigned(pattern: Sequence[str], counts: Mapping[str, int]) -> list[str | None]:
    """For each operator of `pattern` the event that shows it, None where there is none left for it.

    As many as can be are covered; the assignment depends on the arguments alone.  Raises as `missing` does.
    """
    wanted = [get(name).events for name in pattern]
    holders: dict[str, list[int]] = {}

    def place(index: int, seen: set[str]) -> bool:
        for event in wanted[index]:
            if event in seen or counts.get(event, 0) <= 0:
                continue
            seen.add(event)
            held = holders.setdefault(event, [])
            if len(held) < counts[event]:
                held.append(index)
                return True
            for slot, other in enumerate(held):
                if place(other, seen):
                    # `other` has moved elsewhere; its slot is ours.
                    held[slot] = index
                    return True
        return False

    for index in range(len(pattern)):
        place(index, set())
    events = {index: event for event, held in holders.items() for index in held}
    return [events.get(index) for index in range(len(pattern))]
