"""Programs whose operators' order is asked for."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from program_runs import NAME, build, run

import operators
from operators.order import pairs
from operators.registry import get
from operators.spec import Layout
from synth.synthesizer import write_checked_program, write_program
from synth.synthesizer.ordered import ordered_stages
from validators.conduct.executed import record

pytestmark = pytest.mark.filterwarnings("ignore")
NAMES = [entry.name for entry in operators.catalogue()]
PATTERNS = st.lists(st.sampled_from(NAMES), min_size=1, max_size=8)


@given(PATTERNS, st.integers(0, 999))
def test_stages_hold_the_operators_in_their_order_where_they_can_be_written(pattern: list[str], seed: int) -> None:
    entries = [get(name) for name in pattern]
    stages = ordered_stages(entries, random.Random(seed))
    assert [entry for stage in stages for entry in stage.operators] == entries
    assert all(stage.layout in entry.layouts for stage in stages for entry in stage.operators)
    assert all(group for stage in stages for group in stage.groups)
    assert all(before.layout is not after.layout for before, after in pairwise(stages))


def test_a_layout_that_suits_all_is_kept() -> None:
    entries = [get(name) for name in ("ReLU", "Conv2d", "GELU", "MaxPool2d", "Add")]
    for seed in range(20):
        [stage] = ordered_stages(entries, random.Random(seed))
        assert stage.layout is Layout.IMAGE


@settings(max_examples=60, deadline=None, derandomize=True)
@given(PATTERNS, st.integers(0, 10**6))
def test_what_is_promised_of_every_program_holds(pattern: list[str], seed: int) -> None:
    torch.set_num_threads(1)
    _, counts = run(write_checked_program(pattern, random.Random(seed), NAME, ordered=True))
    assert operators.missing(pattern, counts) == []


def test_neighbours_feed_each_other_more_often_than_without_an_order() -> None:
    torch.set_num_threads(1)
    pattern = ["Tanh", "Linear", "GELU", "LayerNorm", "Softplus", "Sigmoid"]
    seen = dict.fromkeys((False, True), 0)
    for ordered in seen:
        for seed in range(20):
            model, inputs = build(write_program(pattern, random.Random(seed), NAME, ordered))
            with torch.no_grad():
                _, counts, events, reads = record(model, inputs)
            seen[ordered] += len(set(pairs(pattern, counts, events, reads)) & set(pairwise(pattern)))
    assert seen[True] > 3 * seen[False] and seen[True] > 0.6 * 20 * 5
