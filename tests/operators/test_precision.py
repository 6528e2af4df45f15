"""The declared floating types are those that torch's CPU kernels take."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
import torch

import operators
from operators import precision, registry
from synth.synthesizer import draft_program

NAME = "SynthModel_Precision"
HALVES = ("bfloat16", "float16")

pytestmark = pytest.mark.filterwarnings("ignore")


def run(name: str, dtype: str, seed: int) -> torch.Tensor:
    """The output of a program around one operator, in `dtype`."""
    draft = draft_program([name], random.Random(f"{name} {seed}"), NAME, checked=True, dtype=dtype)
    assert draft.dtype == dtype
    scope: dict[str, Any] = {"__name__": "program"}
    exec(compile(draft.source, "<program>", "exec"), scope)
    torch.manual_seed(0)
    args, kwargs = scope["get_init_inputs"]()
    model = scope[NAME](*args, **kwargs).eval()
    with torch.no_grad():
        output: torch.Tensor = model(*scope["get_inputs"]())
    return output


@pytest.mark.parametrize("dtype", HALVES)
def test_every_declared_type_runs_and_stays(dtype: str) -> None:
    torch.set_num_threads(1)
    for entry in operators.catalogue():
        if dtype in entry.dtypes:
            for seed in range(2):
                output = run(entry.name, dtype, seed)
                assert output.dtype is getattr(torch, dtype), entry.name
                assert torch.isfinite(output).all(), entry.name


def test_float32_is_declared_by_all() -> None:
    assert all(entry.dtypes[0] == "float32" for entry in operators.catalogue())


@pytest.mark.parametrize("name", precision.NO_KERNEL)
def test_what_is_left_out_has_no_kernel(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A torch that gains the kernel makes this fail, and the operator can be declared."""
    monkeypatch.setitem(registry._BY_NAME, name, replace(operators.get(name), dtypes=precision.FLOATS))
    raised = 0
    for seed in range(12):
        try:
            run(name, "bfloat16", seed)
        except RuntimeError as error:
            raised += "not implemented" in str(error)
    assert raised >= 1


def test_a_pattern_with_such_an_operator_stays_in_float32() -> None:
    for seed in range(20):
        draft = draft_program(["Linear", "Cdist", "GELU"], random.Random(seed), NAME, dtype="bfloat16")
        assert draft.dtype == "float32" and "bfloat16" not in draft.source
