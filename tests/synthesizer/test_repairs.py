"""Values of which an operator would leave nothing are repaired before it, not after."""

from __future__ import annotations

import random

import pytest

from operators import get
from operators.spec import Layout, Stats
from synth.synthesizer.draws import Draws
from synth.synthesizer.precision import draw_dtype
from synth.synthesizer.scope import Program, Scope, Value
from synth.synthesizer.steps import apply
from synth.synthesizer.style import draw_style


def _written(name: str, stats: Stats, dtype: str = "float32") -> list[str]:
    """The texts of the statements that one use of an operator takes on a value of these numbers."""
    rng = Draws(3)
    scope = Scope(Program(rng, draw_style(rng), "Model", dtype=dtype))
    x = scope.add_input(Layout.SEQUENCE, (4, 8, 16))
    apply(scope, get(name), Value(x.layout, x.shape, stats))
    return [statement.form.text for statement in scope.statements]


@pytest.mark.parametrize("stats", [Stats(11.0, 5.8, 4.0), Stats(2.85, 0.14, 0.14)])
def test_a_saturated_value_is_repaired_before_the_curve(stats: Stats) -> None:
    texts = _written("Erf", stats, "bfloat16")
    assert len(texts) > 1 and "erf" in texts[-1], texts


def test_a_value_within_the_curve_is_left_alone() -> None:
    assert len(_written("Erf", Stats())) == 1


def test_half_precision_is_left_where_a_kernel_is_not_sound_in_it() -> None:
    for name, dtype in (("GridSample", "bfloat16"), ("SoftMarginLoss", "float16"), ("Prod", "bfloat16")):
        assert draw_dtype([get(name)], random.Random(0), dtype) == "float32"
