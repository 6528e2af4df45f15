"""Entropy, coverage, rarefaction and the Vendi score against figures worked out by hand."""

from __future__ import annotations

import math
import random
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.breadth.spread import coverage, curve_sizes, effective_number, entropy, rarefaction, unseen_mass
from synth.breadth.vendi import vendi

COUNTS = st.lists(st.integers(1, 50), min_size=1, max_size=30)


def test_equal_shares_are_as_many_as_they_are() -> None:
    assert effective_number([7, 7, 7, 7]) == pytest.approx(4)
    assert effective_number([5]) == pytest.approx(1)
    assert effective_number([]) == 0
    # Three quarters and one: -(3/4) ln(3/4) - (1/4) ln(1/4)
    assert entropy([3, 1]) == pytest.approx(0.75 * math.log(4 / 3) + 0.25 * math.log(4))


@given(COUNTS)
def test_more_of_the_most_frequent_never_raises_the_effective_number(counts: list[int]) -> None:
    most = max(counts)
    more = [*counts]
    more[more.index(most)] += 1
    assert effective_number(more) <= effective_number(counts) + 1e-9
    assert effective_number([2 * count for count in counts]) == pytest.approx(effective_number(counts))
    assert effective_number(counts) <= len(counts) + 1e-9


def test_half_of_the_draws_were_of_kinds_seen_once() -> None:
    assert unseen_mass([1, 1, 2]) == 0.5
    assert unseen_mass([2, 3]) == 0
    assert unseen_mass([]) == 1


def test_rarefaction_is_the_mean_over_all_subsets() -> None:
    shown = [{"a", "b"}, {"a"}, {"a", "c"}, {"d"}, {"b"}]
    kinds = sorted(set().union(*shown))
    counts = [sum(kind in one for one in shown) for kind in kinds]
    for size in (1, 2, 3, 5):
        subsets = list(combinations(shown, size))
        mean = sum(len(set().union(*subset)) for subset in subsets) / len(subsets)
        assert rarefaction(counts, len(shown), [size]) == [(size, pytest.approx(mean))]
    assert rarefaction(counts, 5, [6]) == []


def test_the_curve_ends_at_what_was_seen_and_knows_no_order() -> None:
    counts = [random.Random(1).randint(1, 900) for _ in range(300)]
    found = coverage(counts, 1500)
    assert [size for size, _ in found["rarefaction"]] == [100, 1000, 1500] == curve_sizes(1500)
    assert found["rarefaction"][-1][1] == 300
    random.Random(2).shuffle(counts)
    assert coverage(counts, 1500) == found


def test_the_vendi_score_counts_programs_that_have_nothing_in_common() -> None:
    apart = [{"a": 1}, {"b": 2}, {"c": 5}]
    assert vendi(apart) == pytest.approx(3)
    assert vendi([{"a": 1}, {"a": 3}]) == pytest.approx(1)
    assert vendi([{}, {}]) == pytest.approx(2)
    assert vendi([]) == 0
    # Cosine 1/2: eigenvalues of [[1, .5], [.5, 1]] / 2 are 3/4 and 1/4.
    assert vendi([{"a": 1, "b": 1}, {"b": 1, "c": 1}]) == pytest.approx(math.exp(entropy([3, 1])))


@given(st.lists(st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 4), min_size=1), min_size=1, max_size=8))
def test_repeating_a_set_leaves_its_vendi_score(features: list[dict[str, int]]) -> None:
    assert vendi([*features, *features]) == pytest.approx(vendi(features), rel=1e-6)
    assert 1 - 1e-9 <= vendi(features) <= len(features) + 1e-9
    assert vendi(features[::-1]) == pytest.approx(vendi(features))
