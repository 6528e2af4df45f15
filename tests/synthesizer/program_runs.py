"""Running a synthesized program."""

from __future__ import annotations

import random
from typing import Any

import torch

from synth.synthesizer import write_checked_program
from validators.conduct.executed import record

NAME = "SynthModel_Test"


def build(source: str) -> tuple[torch.nn.Module, list[torch.Tensor]]:
    """The model, in eval mode, and its inputs."""
    scope: dict[str, Any] = {"__name__": "program"}
    exec(compile(source, "<program>", "exec"), scope)
    torch.manual_seed(0)
    inputs = scope["get_inputs"]()
    args, kwargs = scope["get_init_inputs"]()
    return scope[NAME](*args, **kwargs).eval(), inputs


def checked(pattern: list[str], seed: int) -> str:
    """A program that asserts every planned shape."""
    return write_checked_program(pattern, random.Random(seed), NAME)


def run(source: str) -> tuple[torch.Tensor, dict[str, int]]:
    """Run a program and hold it to what is promised of every one; returns the output and what ran."""
    model, inputs = build(source)
    kept = [t.clone() for t in inputs]
    with torch.no_grad():
        _, counts, *_ = record(model, inputs)
        output = model(*inputs)
        again = model(*inputs)
        other = model(*[_changed(t) for t in inputs])
    assert all(torch.equal(a, b) for a, b in zip(kept, inputs, strict=True)), "inputs were changed in place"
    assert torch.isfinite(output).all(), "not finite"
    assert torch.equal(output, again), "not deterministic"
    assert output.numel() >= 8, "degenerate output"
    assert not torch.allclose(output, other, rtol=1e-6, atol=1e-7), "the output ignores the inputs"
    return output, counts


def _changed(t: torch.Tensor) -> torch.Tensor:
    if t.is_floating_point():
        return torch.randn_like(t) * 0.7 + 0.3
    if t.dtype == torch.uint8:  # turned over they would be the same around their middle, which even functions miss
        return torch.randint_like(t, 256)
    return ~t if t.dtype == torch.bool else (t + 1) % (int(t.max()) + 1)
