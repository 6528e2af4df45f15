"""The programs that prompts show as examples pass what a model's program must pass, and are no benchmark problems."""

from __future__ import annotations

import re
from typing import Any

import pytest
import torch
from warm_pool import WarmPool

import prompts
from synth.answers.extraction import extract
from validators.verdict import Program, Settings, Stage

EXAMPLES = [
    pytest.param(example, id=f"{name}-{number}")
    for name in prompts.names()
    for number, example in enumerate(prompts.load(name).examples, start=1)
]
SETTINGS = Settings()


def entry_point(example: prompts.Example) -> str:
    return re.findall(r"^class (\w+)\(nn\.Module\)", example.program, re.MULTILINE)[-1]


def test_every_example_passes_every_stage(warm: WarmPool) -> None:
    examples = [param.values[0] for param in EXAMPLES]
    programs = [Program(example.program, entry_point(example), example.operators) for example in examples]
    for judgement in warm.judge(*programs):
        assert judgement.accepted, judgement.failure
        assert tuple(verdict.stage for verdict in judgement.verdicts[: len(SETTINGS.stages)]) == SETTINGS.stages
    assert {Stage.SIMILARITY, Stage.TRITON, Stage.NUMERICS} <= set(SETTINGS.stages)


@pytest.mark.parametrize("example", EXAMPLES)
def test_a_model_that_answers_as_the_example_does_is_understood(example: prompts.Example) -> None:
    text = prompts.render("worked_example", ["ReLU"])
    answers = re.findall(r"An example, for .*?\n\n(.*?Final Pattern: \[.*?\])", text, re.DOTALL)
    shown = next(answer for answer in answers if example.program.strip() in answer)
    extracted = extract(shown, "SynthModel_Asked", example.operators)
    assert extracted.final_pattern == example.operators
    assert extracted.program is not None and extracted.program.entry_point == "SynthModel_Asked"
    assert "class SynthModel_Asked(nn.Module)" in extracted.program.source


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_shapes_noted_in_an_example_are_the_ones_it_has(example: prompts.Example) -> None:
    """`h = ...  # (2, 20)`: the statement's first target has that shape."""
    source = re.sub(r"return (.*  # \()", r"output = \1", example.program)
    noted = re.compile(r"^( +)(\w+)(.* = )(.*)  # (\(.*?\))(?: each)?$", re.MULTILINE)
    checked, count = noted.subn(r"\1\2\3\4\n\1assert tuple(\2.shape) == \5", source)
    assert count == source.count("  # ") >= 4
    scope: dict[str, Any] = {}
    exec(compile(checked, "<example>", "exec"), scope)
    args, kwargs = scope["get_init_inputs"]()
    model = scope[entry_point(example)](*args, **kwargs).eval()
    with torch.no_grad():
        model(*scope["get_inputs"]())


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 2
