"""`operators.missing` is an exact assignment of events to uses."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

import operators

SHARED = ["Add", "ResidualAdd", "BiasAdd", "Addcmul", "Scale", "Multiply", "Divide", "Gemm", "Matmul", "Linear", "BMM"]
EVENTS = ["F:add", "F:radd", "F:addcmul", "F:mul", "F:div", "F:matmul", "F:linear", "F:bmm", "M:Linear"]


def best_by_force(pattern: list[str], counts: dict[str, int]) -> int:
    """The most uses that can be covered, by trying every assignment."""
    options = [[None, *(e for e in operators.get(name).events if counts.get(e))] for name in pattern]
    best = 0
    for chosen in product(*options):
        if all(chosen.count(e) <= counts[e] for e in counts):
            best = max(best, sum(e is not None for e in chosen))
    return best


@given(
    st.lists(st.sampled_from(SHARED), max_size=5),
    st.dictionaries(st.sampled_from(EVENTS), st.integers(0, 2), max_size=5),
)
def test_it_covers_as_many_as_possible(pattern: list[str], counts: dict[str, int]) -> None:
    absent = operators.missing(pattern, counts)
    assert len(pattern) - len(absent) == best_by_force(pattern, counts)
    for name in absent:
        assert absent.count(name) <= pattern.count(name)


@given(st.lists(st.sampled_from([o.name for o in operators.catalogue()]), max_size=14))
def test_one_event_for_each_use_is_enough_and_none_is_not(pattern: list[str]) -> None:
    counts: dict[str, int] = {}
    for name in pattern:
        event = operators.get(name).events[0]
        counts[event] = counts.get(event, 0) + 1
    assert operators.missing(pattern, counts) == []
    assert operators.missing(pattern, {}) == pattern


def test_an_event_is_used_once() -> None:
    assert operators.missing(["Add", "ResidualAdd"], {"F:add": 1}) == ["ResidualAdd"]
    assert operators.missing(["Add", "ResidualAdd"], {"F:add": 2}) == []
    assert operators.missing(["Gemm", "Linear"], {"M:Linear": 1, "F:matmul": 1}) == []


def test_unknown_names_are_an_error() -> None:
    with pytest.raises(KeyError, match="Conv2d"):
        operators.missing(["Conv2dd"], {})
