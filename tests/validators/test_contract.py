from __future__ import annotations

import ast

import pytest
from programs import GOOD, program

from validators import contract
from validators.verdict import Program, Reason


def reason(source: str, entry_point: str = "Model") -> Reason | None:
    return contract.check(Program(source, entry_point)).reason


def test_a_whole_program_passes() -> None:
    verdict = contract.check(Program(GOOD, "Model"))
    assert verdict.ok and verdict.metrics["lines"] == GOOD.count("\n") + 1


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def f(:\n", Reason.SYNTAX_ERROR),
        ("x = 1\0", Reason.SYNTAX_ERROR),
        ("(" * 5000 + ")" * 5000, Reason.SYNTAX_ERROR),
        ("#" * 300_000, Reason.SYNTAX_ERROR),
        ("x = 1\n", Reason.NO_ENTRY_POINT),
        (GOOD.replace("def forward", "def backward"), Reason.NO_FORWARD),
        (GOOD.replace("def get_inputs", "def inputs"), Reason.NO_GET_INPUTS),
        (GOOD.replace("def get_init_inputs", "def init_inputs"), Reason.NO_GET_INIT_INPUTS),
    ],
)
def test_each_breach_has_its_reason(source: str, expected: Reason) -> None:
    assert reason(source) is expected


def test_a_forward_may_be_inherited() -> None:
    source = GOOD.replace("class Model(nn.Module)", "class Base(nn.Module)") + "\nclass Model(Base):\n    pass\n"
    assert reason(source) is None
    assert reason(program("return x").replace("class Model(nn.Module)", "class Model(nn.Sequential)")) is None


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (GOOD, "Model"),
        (GOOD + "\nclass Zebra(nn.Module):\n    def forward(self, x):\n        return x\n", "Model"),
        (
            "class Block(nn.Module):\n    def forward(self, x):\n        return x\n"
            "class Net(nn.Module):\n    def __init__(self):\n        self.b = Block()\n"
            "    def forward(self, x):\n        return self.b(x)\n"
            "class Unused:\n    pass\n",
            "Net",
        ),
        ("x = 1", None),
    ],
)
def test_the_entry_point_is_the_module_nothing_else_uses(source: str, expected: str | None) -> None:
    assert contract.find_entry_point(ast.parse(source)) == expected
