"""Which spellings are said to hand on what they are given."""

from __future__ import annotations

import pytest

from synth.synthesizer.straight import is_straight


@pytest.mark.parametrize(
    "text",
    [
        *("{m}({x})", "F.relu({x})", "{x}.relu()", "torch.sort({x}, dim=1).values", "{x}.max(dim=1)[0]"),
        *("{out}, _ = {m}({x})", "{x} + {y}", "{x} ** 2", "-{x}", "F.glu({x}.transpose(1, 2), dim=1).transpose(1, 2)"),
        *("{m}({memory}, {x})", "torch.atan2({x}, {y}.abs() + 0.5)"),
    ],
)
def test_one_call_on_the_value_itself_is_straight(text: str) -> None:
    assert is_straight(text)


@pytest.mark.parametrize(
    "text",
    [
        *("torch.log({x}.abs() + 1.0)", "{x} * torch.sigmoid({x})", "torch.matmul({x}, {w}) + {b}"),
        *('{m}["act"]({m}["proj"]({x}))', "{h} = {x}\n{out} = {m}({h})", "torch.where({y} > 0, {x}, {x} * 0.5)"),
        *("{x} - 0.5 * torch.trunc({x})", "torch.bmm({x}, {y}) * 0.5", "F.kl_div(F.logsigmoid({x}), {y})"),
    ],
)
def test_what_stands_around_a_call_makes_it_roundabout(text: str) -> None:
    assert not is_straight(text)
