"""In what order a run executed the operators of a pattern, and which of them fed which.

Both are read from the events of a run, not from what was asked for or said.  The operators of a pattern get events as
`coverage.assigned` gives them; of several events of one name the first ones, in the order of the pattern.  Operators
without a call of their own (`ModuleList` and its kin, a channel shuffle written by hand) have no place in an order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from operators.coverage import assigned

#: functions that hand on the numbers they are given: what comes out of them was made before
VIEWS = frozenset(
    {
        *("view", "view_as", "reshape", "reshape_as", "flatten", "unflatten", "ravel", "contiguous", "clone"),
        *("transpose", "permute", "movedim", "moveaxis", "swapaxes", "swapdims", "t", "T", "mT"),
        *("squeeze", "unsqueeze", "expand", "expand_as", "broadcast_to", "getitem", "select", "narrow"),
        *("chunk", "split", "unbind", "tensor_split", "unfold", "to", "float", "detach", "atleast_3d"),
    }
)


def order(pattern: Sequence[str], counts: Mapping[str, int], events: Sequence[str]) -> list[str]:
    """The operators of `pattern` in the order in which they first ran.

    `counts` and `events` are what `validators.conduct.executed.record` answers.  Raises KeyError on an unknown name.
    """
    places = _places(pattern, counts, events)
    return [pattern[places[at]] for at in sorted(places)]


def pairs(
    pattern: Sequence[str], counts: Mapping[str, int], events: Sequence[str], reads: Sequence[Sequence[int]]
) -> list[tuple[str, str]]:
    """Ordered pairs (a, b) of operators of `pattern` where b was given a's result as it was, views aside; sorted.

    A pair stands once, however often it occurs.  `reads` says of each event whose results it was given.
    """
    places = _places(pattern, counts, events)
    sources: list[frozenset[int]] = []  # the events that are no views which an event's result may be said to be of
    found: set[tuple[str, str]] = set()
    for at, event in enumerate(events):
        given = frozenset(source for earlier in reads[at] if earlier < at for source in sources[earlier])
        if at in places:
            found.update((pattern[places[source]], pattern[places[at]]) for source in given if source in places)
        is_view = at not in places and _name(event).removeprefix("F:") in VIEWS
        sources.append(given if is_view else frozenset((at,)))
    return sorted(found)


def _places(pattern: Sequence[str], counts: Mapping[str, int], events: Sequence[str]) -> dict[int, int]:
    """Index of an event: index in the pattern of the operator that it shows."""
    waiting: dict[str, list[int]] = {}
    for index, event in enumerate(assigned(pattern, counts)):
        if event is not None:
            waiting.setdefault(event, []).append(index)
    places: dict[int, int] = {}
    for at, event in enumerate(events):
        if held := waiting.get(_name(event)):
            places[at] = held.pop(0)
    return places


def _name(event: str) -> str:
    """`F:relu` of `F:relu(float32[2, 3])`."""
    return event.partition("(")[0]
