"""Functions of one number are known however they are spelled, and those that are not are left alone."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from test_graph import root_of
from torch import nn

from validators.aten import curves
from validators.aten.recorder import record

Function = Callable[[torch.Tensor], torch.Tensor]

CUBIC = 0.044715
#: a function, and other ways to write it
SPELLINGS: dict[str, tuple[Function, ...]] = {
    "hardswish": (
        F.hardswish,
        lambda x: x * ((x + 3) / 6).clamp(0, 1),
        lambda x: x * (x / 6 + 0.5).clamp(0, 1),
        lambda x: x * F.hardsigmoid(x),
        lambda x: (x / 6) * F.relu6(x + 3),
        lambda x: torch.where(x <= -3, torch.zeros_like(x), torch.where(x >= 3, x, x * (x + 3) / 6)),
    ),
    "hardsigmoid": (
        F.hardsigmoid,
        lambda x: F.relu6(x + 3) / 6,
        lambda x: ((x + 3) / 6).clamp(0, 1),
        lambda x: (x / 6 + 0.5).clamp(0, 1),
    ),
    "relu": (
        F.relu,
        lambda x: (x + x.abs()) / 2,
        lambda x: x * (x > 0),
        lambda x: x * (x > 0).float(),
        lambda x: torch.where(x > 0, x, torch.zeros_like(x)),
        lambda x: torch.where(x > 0, x, 0.0),
        lambda x: x.masked_fill(x < 0, 0.0),
        lambda x: torch.max(x, torch.zeros_like(x)),
        lambda x: F.threshold(x, 0.0, 0.0),
    ),
    "leaky relu": (
        F.leaky_relu,
        lambda x: torch.max(x, 0.01 * x),
        lambda x: F.relu(x) - 0.01 * F.relu(-x),
        lambda x: x.clamp(min=0) + 0.01 * x.clamp(max=0),
    ),
    "gelu": (
        F.gelu,
        lambda x: x * 0.5 * (1 + torch.erf(x / math.sqrt(2))),
        lambda x: x * torch.special.ndtr(x),
        lambda x: 0.5 * x * torch.erfc(-x * 0.7071),
        lambda x: 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + CUBIC * torch.pow(x, 3)))),
        lambda x: 0.5 * x * (1 + torch.tanh(0.79788 * x * (1 + CUBIC * x * x))),
        lambda x: x * torch.sigmoid(1.5957 * (x + CUBIC * x**3)),
        lambda x: x / (1 + torch.exp(-1.5957 * (x + CUBIC * x**3))),
    ),
    "mish": (
        F.mish,
        lambda x: x * torch.tanh(torch.log(1 + torch.exp(x))),
        lambda x: x * ((1 + x.exp()) ** 2 - 1) / ((1 + x.exp()) ** 2 + 1),
        lambda x: x * torch.tanh(-F.logsigmoid(-x)),
        lambda x: x * torch.tanh(torch.logaddexp(x, torch.zeros_like(x))),
    ),
    "silu": (
        F.silu,
        lambda x: x / (1 + torch.exp(-x)),
        lambda x: x * (0.5 * (1 + torch.tanh(x / 2))),
        lambda x: x * x.exp() / (1 + x.exp()),
    ),
    "sigmoid": (
        torch.sigmoid,
        lambda x: torch.ones_like(x) / (torch.full_like(x, 1.0) + torch.exp(-x)),
        lambda x: x.exp() / (1 + x.exp()),
        lambda x: 0.5 * (torch.tanh(x * 0.5) + 1),
        lambda x: F.logsigmoid(x).exp(),
        lambda x: 1 / (1 + 2 ** (-1.442695 * x)),
    ),
    "tanh": (
        torch.tanh,
        lambda x: 2 * torch.sigmoid(2 * x) - 1,
        lambda x: (x.exp() - (-x).exp()) / (x.exp() + (-x).exp()),
        lambda x: 1 - 2 / (torch.exp(2 * x) + 1),
        lambda x: torch.sinh(x) / torch.cosh(x),
    ),
    "softplus": (
        F.softplus,
        lambda x: torch.logaddexp(x, torch.zeros_like(x)),
        lambda x: -F.logsigmoid(-x),
        lambda x: x.clamp(min=0) + torch.log1p(torch.exp(-x.abs())),
    ),
    "elu": (
        F.elu,
        F.celu,
        lambda x: torch.where(x > 0, x, torch.expm1(x)),
        lambda x: F.relu(x) + torch.clamp(torch.exp(x) - 1, max=0),
        lambda x: F.relu(x) - F.relu(1 - x.exp()),
    ),
    "selu": (
        F.selu,
        lambda x: 1.0507 * F.elu(x, 1.67326),
        lambda x: 1.0507 * (x.clamp(min=0) + 1.67326 * torch.expm1(x.clamp(max=0))),
    ),
    "softsign": (F.softsign, lambda x: x * (1 + x.abs()).reciprocal()),
    "absolute value": (torch.abs, lambda x: torch.where(x > 0, x, -x), lambda x: F.relu(x) + F.relu(-x)),
    # Not of one number, but hidden in the same way: what keeps a divisor from 0.
    "softmax": (
        lambda x: F.softmax(x, 1),
        lambda x: torch.exp(x - torch.logsumexp(x, 1, keepdim=True)),
        lambda x: F.normalize(x.exp(), p=1, dim=1),
    ),
    "root mean square": (
        lambda x: F.rms_norm(x, (8,)),
        lambda x: x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6),
        lambda x: x / (x.norm(dim=-1, keepdim=True) / 8**0.5),
    ),
    "unit length": (
        lambda x: F.normalize(x, dim=1),
        lambda x: x / x.norm(dim=1, keepdim=True),
        lambda x: x * torch.rsqrt((x * x).sum(1, keepdim=True) + 1e-9),
        lambda x: x / (x.pow(2).sum(1, keepdim=True).sqrt() + 1e-6),
    ),
}


class _Filters(nn.Module):
    def __init__(self, function: Function) -> None:
        super().__init__()
        self.conv, self.function = nn.Conv2d(6, 6, 3, padding=1), function

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.function(self.conv(x)).cumsum(1)


@pytest.mark.parametrize("name", SPELLINGS)
def test_every_spelling_of_a_function_has_one_root_alone_and_behind_a_layer(name: str) -> None:
    first, *others = SPELLINGS[name]
    x = torch.randn(2, 6, 8, 8)
    for other in others:
        torch.testing.assert_close(other(x), first(x), atol=2e-3, rtol=2e-3)
    for behind in (lambda f: lambda m, x: f(x).cumsum(1), lambda f: lambda m, x: _forward(m.conv, f, x)):
        roots = [root_of(behind(f), conv=nn.Conv2d(6, 6, 3, padding=1)) for f in (first, *others)]
        assert len(set(roots)) == 1, [at for at, root in enumerate(roots) if root != roots[0]]


def _forward(conv: Any, function: Function, x: torch.Tensor) -> torch.Tensor:
    return function(conv(x)).cumsum(1)


def test_functions_of_different_names_have_different_roots() -> None:
    roots = {name: root_of(lambda _, x, f=f: f(x).cumsum(1)) for name, (f, *_) in SPELLINGS.items()}
    assert len(set(roots.values())) == len(roots), roots


#: near a named function, and none: bends elsewhere, other ends, a factor
NEAR: dict[str, Function] = {
    "hardswish": lambda x: x * (x / 6 + 0.5).clamp(0, 2),
    "relu": lambda x: x + x.abs(),
    "gelu": lambda x: x * torch.erf(x / math.sqrt(2)),
    "silu": lambda x: x * torch.sigmoid(-x),
    "tanh": lambda x: 2 * torch.sigmoid(x) - 1,
    "softplus": lambda x: torch.log(2 + torch.exp(x)),
    "clamp": lambda x: x / 16384,
    "leaky_relu": lambda x: x * 0.999 + 1e-5,
}


@pytest.mark.parametrize("name", NEAR)
def test_what_is_near_a_function_is_not_taken_for_it_by_its_values(name: str) -> None:
    model, inputs = _Filters(NEAR[name]).eval(), [torch.rand(2, 6, 8, 8)]
    found = curves.named(record(model, inputs, lambda: model(*inputs)))
    assert name not in {function for function, _ in found.values()}


def test_a_scale_of_a_named_function_stays_an_operator_also_where_it_is_one() -> None:
    roots = {root_of(lambda _, x, s=s: (F.relu(x) * s).cumsum(1)) for s in (1.0, 2.0)}
    assert len(roots) == 1 and roots != {root_of(lambda _, x: F.relu(x).cumsum(1))}


def test_a_number_and_a_tensor_to_the_power_of_each_other_are_two_things() -> None:
    assert root_of(lambda _, x: 2**x) != root_of(lambda _, x: x**2)


@settings(max_examples=40, deadline=None)
@given(st.floats(0.02, 0.9), st.floats(0.3, 3), st.floats(-2, -0.5), st.floats(0.5, 2))
def test_families_of_functions_are_known_whatever_their_numbers(s: float, a: float, low: float, high: float) -> None:
    def same(one: Function, other: Function) -> bool:
        return root_of(lambda _, x: one(x).sin()) == root_of(lambda _, x: other(x).sin())

    assert same(lambda x: F.leaky_relu(x, s), lambda x: F.relu(x) - s * F.relu(-x))
    assert same(lambda x: F.elu(x, a), lambda x: F.relu(x) - a * F.relu(1 - x.exp()))
    assert same(lambda x: x.clamp(low, high), lambda x: ((x - low).abs() - (x - high).abs() + low + high) / 2)
