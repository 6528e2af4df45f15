"""Tier T4: does the program compute what a well-known function computes, and is that function a benchmark's problem?

For what is written by hand in a way that no rule of `aten.rules` knows.  The functions here are ours; which of them a
benchmark asks for follows from the packs: each is recorded like a program, and counts only where its graph's root is a
problem's.  Programs are compared on inputs drawn here, whatever names, shapes and helpers they use.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from validators.aten.loose import root
from validators.aten.recorder import record
from validators.aten.rules import expressions
from validators.conduct.honesty import Side
from validators.contamination.packs import Finding, Packs
from validators.loading import Refused, map_tensors, tensors

Function = Callable[..., torch.Tensor]

RTOL, ATOL = 2e-3, 1e-4
DRAWS = 2
MAX_NODES = 400  # of the loose graph: more is no single function, even one that goes step by step
MAX_ELEMENTS = 1 << 22
#: operators with weights of their own; none of the functions here has any
_WEIGHTED = ("matmul", "conv", "embedding", "lstm", "gru", "rnn")


def may_be_known(features: dict[str, Any]) -> bool:
    """Whether the program is small and has no weights but scales and shifts."""
    weighted = any(name.startswith(_WEIGHTED) for name in features["operators"]) and features["inputs"] < 2
    return features["nodes"] <= MAX_NODES and 1 <= features["inputs"] <= 3 and not weighted


def check(side: Side, packs: Packs, seed: int) -> list[Finding]:
    """The problem whose function the program computes, if there is one.  Raises Refused where it cannot be run."""
    made = side.make(seed)
    runs = []
    for draw in range(DRAWS):
        torch.manual_seed(seed + draw)
        inputs = [map_tensors(_other, value) for value in made.inputs]
        given = list(tensors(inputs))
        if any(not t.is_floating_point() or t.numel() > MAX_ELEMENTS for t in given):
            return []
        try:
            output = list(tensors(side.run(inputs, seed).output))
        except Refused:
            return []
        if len(output) != 1:
            return []
        runs.append((given, output[0]))
    for key, function in known(packs):
        if all(_agree(function, given, output) for given, output in runs):
            return [packs.finding("T4 behaviour", key)]
    return []


def _other(tensor: torch.Tensor) -> torch.Tensor:
    """Values in the range of the program's own, but not them."""
    if not tensor.is_floating_point():
        return tensor
    low, high = (0.05, 0.95) if tensor.numel() and tensor.min() >= 0 else (-2.0, 2.0)
    return torch.rand(tensor.shape, dtype=torch.float32).mul(high - low).add(low).to(tensor.dtype)


def _agree(function: Function, given: list[torch.Tensor], output: torch.Tensor) -> bool:
    try:
        expected = function(*(t.float() for t in given))
    except (RuntimeError, TypeError, ValueError, IndexError):
        return False  # it takes other inputs
    if expected.numel() != output.numel():
        return False
    expected, output = expected.float(), output.float()
    if expected.shape != output.shape:
        expected = expected.reshape(-1) if expected.squeeze().shape == output.squeeze().shape else expected
        output = output.reshape(-1)
    return expected.shape == output.shape and torch.allclose(expected, output, rtol=RTOL, atol=ATOL)


@functools.cache
def known(packs: Packs) -> tuple[tuple[str, Function], ...]:
    """The functions that are problems, with the problem's key."""
    found = ((packs.roots.get(_root(function, shapes)), function) for function, shapes in _functions())
    return tuple((problem, function) for problem, function in found if problem is not None)


class _Wrapped(nn.Module):
    def __init__(self, function: Function) -> None:
        super().__init__()
        self.function = function

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        return self.function(*inputs)


def _root(function: Function, shapes: tuple[tuple[int, ...], ...]) -> str:
    inputs = [torch.rand(shape) * 0.8 + 0.1 for shape in shapes]
    model = _Wrapped(function)
    return root(expressions(record(model, inputs, lambda: model(*inputs))))


_CUBE = ((3, 4, 5, 6),)
_TABLES = ((6, 7), (6, 7))


def _functions() -> Iterator[tuple[Function, tuple[tuple[int, ...], ...]]]:
    """Functions with shapes they can be recorded on."""
    for function in _POINTWISE:
        yield function, _CUBE
    for dim in (1, -1, 0, 2):
        for make in _ALONG:
            yield functools.partial(make, dim=dim), _CUBE
    for count in (1, 2, 3):
        yield functools.partial(_layer_norm, axes=count), _CUBE
    for groups in (1, 2, 4, 8, 16, 32):
        yield functools.partial(F.group_norm, num_groups=groups), ((3, 32, 5, 6),)
    yield from ((function, _CUBE) for function in (F.instance_norm, _batch_statistics, _frobenius, _l2_all))
    yield from ((function, _TABLES) for function in _OF_TWO)
    for first, second in (((5, 6), (6, 7)), ((6, 5), (6, 7)), ((5, 6), (7, 6)), ((6, 5), (7, 6))):
        a, b = first[0] == 6, second[1] == 6
        yield functools.partial(_product, a=a, b=b), (first, second)
    yield torch.bmm, ((2, 5, 6), (2, 6, 7))
    yield _rows_scaled, ((6,), (6, 7))
    yield F.triplet_margin_loss, ((6, 7),) * 3


def _layer_norm(x: torch.Tensor, axes: int) -> torch.Tensor:
    return F.layer_norm(x, x.shape[-axes:])


def _batch_statistics(x: torch.Tensor) -> torch.Tensor:
    return F.batch_norm(x, None, None, training=True)


def _frobenius(x: torch.Tensor) -> torch.Tensor:
    return x / torch.norm(x, p="fro")


def _l2_all(x: torch.Tensor) -> torch.Tensor:
    return torch.norm(x)


def _rms_norm(x: torch.Tensor, dim: int) -> torch.Tensor:
    return x / torch.sqrt(x.pow(2).mean(dim, keepdim=True) + 1e-5)


def _l1_norm(x: torch.Tensor, dim: int) -> torch.Tensor:
    return x / x.abs().mean(dim, keepdim=True)


def _l1_sum(x: torch.Tensor, dim: int) -> torch.Tensor:
    return x / x.abs().sum(dim, keepdim=True)


def _l2_norm(x: torch.Tensor, dim: int) -> torch.Tensor:
    return x / torch.norm(x, dim=dim, keepdim=True)


def _reversed_sum(x: torch.Tensor, dim: int) -> torch.Tensor:
    return x.flip(dim).cumsum(dim).flip(dim)


def _exclusive_sum(x: torch.Tensor, dim: int) -> torch.Tensor:
    before = x.narrow(dim, 0, x.shape[dim] - 1).cumsum(dim)
    return torch.cat((torch.zeros_like(x.narrow(dim, 0, 1)), before), dim)


def _largest(x: torch.Tensor, dim: int) -> torch.Tensor:
    return x.max(dim).values


def _smallest(x: torch.Tensor, dim: int) -> torch.Tensor:
    return x.min(dim).values


def _product(x: torch.Tensor, y: torch.Tensor, a: bool, b: bool) -> torch.Tensor:
    return torch.matmul(x.T if a else x, y.T if b else y)


def _rows_scaled(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return x.unsqueeze(1) * y


def _hinge(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return torch.clamp(1 - x * y, min=0).mean()


def _cosine(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return (1 - F.cosine_similarity(x, y, dim=1)).mean()


def _divergence(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return F.kl_div(torch.log(x), y, reduction="batchmean")


def _gelu_tanh(x: torch.Tensor) -> torch.Tensor:
    return F.gelu(x, approximate="tanh")


_POINTWISE: tuple[Function, ...] = (
    *(F.relu, F.leaky_relu, torch.sigmoid, torch.tanh, F.gelu, _gelu_tanh, F.silu, F.mish, F.softplus, F.softsign),
    *(F.elu, F.selu, F.hardsigmoid, F.hardswish, F.hardtanh, F.relu6, F.logsigmoid, F.tanhshrink),
)
_ALONG: tuple[Function, ...] = (
    *(F.softmax, F.log_softmax, torch.logsumexp, torch.cumsum, torch.cumprod, torch.sum, torch.mean, torch.prod),
    *(torch.amax, torch.amin, torch.argmax, torch.argmin, _largest, _smallest, _rms_norm, _l1_norm, _l1_sum),
    *(_l2_norm, _reversed_sum, _exclusive_sum),
)
_OF_TWO: tuple[Function, ...] = (
    *(F.mse_loss, F.l1_loss, F.smooth_l1_loss, F.huber_loss, _hinge, _cosine, _divergence, F.binary_cross_entropy),
)
