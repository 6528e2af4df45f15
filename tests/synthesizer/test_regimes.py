"""Element types, memory layouts, sizes, structure and adapters of synthesized programs."""

from __future__ import annotations

import ast
import random
import statistics
import warnings

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from program_runs import NAME, build, run

import operators
from benchmarks.synthesize import described, sample_pattern
from operators.spec import AXES, Layout
from synth.synthesizer import Draft, draft_program
from synth.synthesizer.adapters import bridge, fits
from synth.synthesizer.scope import Program, Scope
from synth.synthesizer.style import draw_style

NAMES = [entry.name for entry in operators.catalogue()]
QUICK = settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")


@pytest.fixture(scope="module")
def drafts() -> list[Draft]:
    """Programs for patterns as the product samples them."""
    return [draft_program(sample_pattern(random.Random(s)), random.Random(s), NAME, checked=True) for s in range(400)]


@QUICK
@given(
    st.lists(st.sampled_from(NAMES), min_size=1, max_size=8),
    st.integers(0, 2**32),
    st.sampled_from(["bfloat16", "float16"]),
)
def test_a_program_in_half_precision_is_so_throughout(pattern: list[str], seed: int, dtype: str) -> None:
    draft = draft_program(pattern, random.Random(seed), NAME, checked=True, dtype=dtype)
    wanted = getattr(torch, draft.dtype)
    model, inputs = build(draft.source)
    output, _ = run(draft.source)
    assert output.dtype is wanted
    floating = [t for t in (*inputs, *model.parameters()) if t.is_floating_point()]
    assert all(t.dtype is wanted for t in floating)


@QUICK
@given(
    st.lists(st.sampled_from(NAMES), min_size=1, max_size=8),
    st.integers(0, 2**32),
    st.sampled_from(["channels_last", "transposed", "sliced"]),
)
def test_inputs_lie_in_memory_as_the_program_says(pattern: list[str], seed: int, memory: str) -> None:
    draft = draft_program(pattern, random.Random(seed), NAME, checked=True, memory=memory)
    _, inputs = build(draft.source)
    real = [t for t, kind in zip(inputs, draft.kinds, strict=True) if kind == "real"]
    for tensor, how in zip(real, draft.memory, strict=True):
        if how == "channels_last":
            form = torch.channels_last if tensor.dim() == 4 else torch.channels_last_3d
            assert tensor.is_contiguous(memory_format=form)
        elif how == "sliced" and tensor.shape[0] > 1:
            assert tensor.untyped_storage().nbytes() > tensor.numel() * tensor.element_size()
        elif how == "transposed" and sum(n > 1 for n in tensor.shape) == tensor.dim():
            assert not tensor.is_contiguous()
    run(draft.source)


def test_all_kinds_of_inputs_arise_and_run(drafts: list[Draft]) -> None:
    for kind in ("ids", "mask", "grid", "bytes", "counts"):
        found = [draft for draft in drafts if kind in draft.kinds]
        assert found, kind
        run(found[0].source)


def test_the_mixture_is_broad_and_large_inputs_are_rare(drafts: list[Draft]) -> None:
    told = described(drafts)
    dtypes, layouts = told["dtypes"], told["layouts"]
    assert isinstance(dtypes, dict) and isinstance(layouts, dict)
    assert 0.6 < dtypes["float32"] < 0.85 and dtypes["bfloat16"] > 0.1 and dtypes["float16"] > 0.05
    assert all(layouts[how] > 0.04 for how in ("channels_last", "transposed", "sliced"))
    large = [draft for draft in drafts if draft.elements > 100_000]
    assert 0 < len(large) < 0.08 * len(drafts)
    assert max(draft.elements for draft in drafts) <= 4_000_000
    run(large[0].source)


def test_few_statements_are_adapters(drafts: list[Draft]) -> None:
    assert statistics.mean(draft.adapters for draft in drafts) <= 2.0


def test_idioms_are_what_the_text_holds(drafts: list[Draft]) -> None:
    for draft in drafts:
        classes = [node.name for node in ast.parse(draft.source).body if isinstance(node, ast.ClassDef)]
        assert ("helper class" in draft.idioms) == (len(classes) > 1), draft.source
        if "sequential" in draft.idioms:
            assert "nn.Sequential(" in draft.source
    assert sum(bool(draft.idioms) for draft in drafts) > 0.6 * len(drafts)


def test_blocks_are_named_after_their_layers() -> None:
    heads: set[str] = set()
    for seed in range(150):
        draft = draft_program(
            ["Conv2d", "BatchNorm2d", "ReLU", "Conv2d", "BatchNorm2d", "ReLU"], random.Random(seed), NAME
        )
        heads |= {node.name for node in ast.parse(draft.source).body if isinstance(node, ast.ClassDef)}
    assert {"ConvBNReLU", "ConvNormAct"} <= heads
    assert heads & {"ResidualBlock", "ResBlock", "SkipBlock"}


def test_five_requested_operators_are_all_executed() -> None:
    for seed in range(60):
        rng = random.Random(seed)
        pattern = rng.sample(NAMES, 5)
        _, counts = run(draft_program(pattern, rng, NAME).source)
        assert operators.missing(pattern, counts) == []


@settings(max_examples=400, deadline=None, derandomize=True)
@given(
    st.sampled_from(list(Layout)),
    st.lists(st.integers(1, 14), min_size=5, max_size=5),
    st.sampled_from(operators.catalogue()),
    st.integers(0, 2**32),
)
def test_a_bridge_reaches_any_layout_within_any_operators_limits(
    layout: Layout, sizes: list[int], entry: operators.Operator, seed: int
) -> None:
    rng = random.Random(seed)
    scope = Scope(Program(rng, draw_style(rng), "Anything"))
    x = scope.add_input(layout, tuple(sizes[: AXES[layout]]))
    target = rng.choice(entry.layouts)
    y = bridge(scope, x, target, entry.limits)
    assert y.layout is target and len(y.shape) == AXES[target] and y.shape[0] == x.shape[0]
    assert fits(y, entry.limits, scope.program.budget), (x.shape, y.shape, entry.limits)
