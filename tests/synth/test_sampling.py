"""Patterns and names: bounds, purity, distribution."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from fake_pool import SETS
from hypothesis import given
from hypothesis import strategies as st

from synth.answers.naming import MAX_LENGTH, Names, base_name
from synth.config import RunConfig
from synth.sampling import sample_pattern

SPANS = st.tuples(st.integers(0, 8), st.integers(0, 8)).map(sorted).map(tuple)


@given(SPANS, SPANS, SPANS, st.floats(0, 1), st.integers(0, 2**64), st.integers(0, 10**7))
def test_counts_stay_within_their_ranges(core, compound, supporting, p, seed, index) -> None:  # type: ignore[no-untyped-def]
    config = RunConfig(
        num_core_ops_range=core, num_compound_ops_range=compound, num_supporting_ops_range=supporting,
        p_value=p, seed=seed,
    )  # fmt: skip
    pattern = sample_pattern(config, SETS, index)
    for names, (low, high) in ((SETS.core, core), (SETS.compound, compound), (SETS.supporting, supporting)):
        assert low <= sum(name in names for name in pattern) <= high
    assert pattern == sample_pattern(config, SETS, index)


def test_only_seed_index_and_ranges_matter() -> None:
    config = RunConfig(seed=5)
    first = [sample_pattern(config, SETS, i) for i in range(20)]
    for other in (replace(config, num_worker=9), replace(config, num_total_samples=9), replace(config, temperature=0)):
        assert [sample_pattern(other, SETS, i) for i in range(20)] == first
    assert [sample_pattern(replace(config, seed=6), SETS, i) for i in range(20)] != first


@pytest.mark.parametrize("p", [0.25, 0.6])
def test_steps_are_geometric(p: float) -> None:
    config = RunConfig(
        num_core_ops_range=(1, 40), num_compound_ops_range=(0, 0), num_supporting_ops_range=(0, 0), p_value=p
    )
    counts = Counter(len(sample_pattern(config, SETS, i)) for i in range(4000))
    assert counts[1] / 4000 == pytest.approx(p, abs=0.03)
    assert sum(n * c for n, c in counts.items()) / 4000 == pytest.approx(1 + (1 - p) / p, rel=0.07)


def test_lower_p_means_more_operators_to_the_very_ends() -> None:
    always = sample_pattern(RunConfig(p_value=0.0), SETS, 0)
    never = sample_pattern(RunConfig(p_value=1.0), SETS, 0)
    assert (len(always), len(never)) == (3 + 2 + 6, 1 + 0 + 2)


@given(st.lists(st.sampled_from(["Conv2d", "ReLU", "TransformerEncoderLayer", "MaxPool2d"]), min_size=1, max_size=60))
def test_a_name_is_a_short_identifier(pattern: list[str]) -> None:
    name = base_name(pattern)
    assert name.isidentifier()
    assert name.startswith("SynthModel_")
    assert len(name) <= MAX_LENGTH


def test_long_names_differ_where_patterns_do() -> None:
    long = ["TransformerEncoderLayer"] * 8
    assert base_name([*long, "ReLU"]) != base_name([*long, "GELU"])


@given(st.lists(st.sampled_from(["A", "a", "B"]), min_size=1, max_size=30), st.data())
def test_a_suffix_counts_earlier_samples_only(patterns: list[str], data: st.DataObject) -> None:
    names = Names(lambda i: (patterns[i],))
    full = [names.name(i) for i in range(len(patterns))]
    assert len({name.lower() for name in full}) == len(full)
    start = data.draw(st.integers(0, len(patterns) - 1))
    resumed = Names(lambda i: (patterns[i],))
    assert [resumed.name(i) for i in range(start, len(patterns))] == full[start:]


def test_names_read_as_the_original_writes_them() -> None:
    names = Names(lambda i: ("Conv2d", "ReLU"))
    assert [names.name(i) for i in (0, 2)] == ["SynthModel_Conv2d_ReLU", "SynthModel_Conv2d_ReLU_3"]
