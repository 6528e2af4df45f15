"""Whether an output is the right one, and whether that could have been told from a wrong one.

What is right is the float64 result.  How far single precision strays from it is measured with eager: an output may
stray `EAGER_FACTOR` times as far as eager does, and by `ROUNDINGS` roundings, since eager may happen to be exact.  For
each output, with the largest element as the norm and with the root mean square as the norm (which sees a small change
of all elements that no single one shows),

    |got - double| <= EAGER_FACTOR * |eager - double| + ROUNDINGS * eps(dtype) * |double|

Over 270 pairs the left side was at most 1.6 times |eager - double| + eps * |double| (benchmarks/prove.py shows the
largest share of the tolerance that a run used).

dtype, shape, strides, and which elements are NaN or an infinity have to be eager's.  Integers have to be eager's, or
those of the float64 run where a decision (a maximum's place, a sign) hangs on rounding.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch

from validators.loading import map_tensors, tensors
from validators.proof import draws

EAGER_FACTOR = 4.0
ROUNDINGS = 4.0


class Mismatch(Exception):  # noqa: N818 - a finding
    """An output is not the right one; the message says where."""


@dataclass(frozen=True)
class Agreement:
    """How well an output agreed: largest errors, relative to the largest float64 element of their output."""

    error: float
    eager_error: float
    allowed: float  # the largest share of its tolerance that an output used


@dataclass(frozen=True)
class Expected:
    """What eager returned for one draw, in the program's precision and in float64."""

    eager: Any
    double: Any


def structure(value: Any) -> Any:
    """Containers, keys and plain values; `tensor` for each tensor."""
    if isinstance(value, torch.Tensor):
        return "tensor"
    if isinstance(value, dict):
        return {key: structure(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [type(value).__name__, *(structure(item) for item in value)]
    return repr(value)


def compare(expected: Expected, got: Any, strides: list[tuple[int, ...]] | None = None) -> Agreement:
    """Raises Mismatch.  `strides` are those to demand, eager's own where not given."""
    if structure(expected.eager) != structure(got):
        raise Mismatch(f"eager returns {structure(expected.eager)}, Triton {structure(got)}")
    error = eager_error = allowed = 0.0
    found = zip(tensors(expected.eager), tensors(expected.double), tensors(got), strict=True)
    for index, (eager, double, mine) in enumerate(found):
        try:
            _same_form(eager, mine, eager.stride() if strides is None else strides[index])
            one = _close(eager, double, mine)
        except Mismatch as mismatch:
            raise Mismatch(f"output {index}: {mismatch}") from None
        error, eager_error = max(error, one.error), max(eager_error, one.eager_error)
        allowed = max(allowed, one.allowed)
    return Agreement(error, eager_error, allowed)


def _same_form(eager: torch.Tensor, mine: torch.Tensor, stride: tuple[int, ...]) -> None:
    if eager.dtype != mine.dtype or eager.shape != mine.shape:
        raise Mismatch(f"{mine.dtype}{list(mine.shape)} instead of {eager.dtype}{list(eager.shape)}")
    if not same_strides(mine, stride):
        raise Mismatch(f"strides {mine.stride()} instead of {tuple(stride)}")


def same_strides(tensor: torch.Tensor, stride: tuple[int, ...]) -> bool:
    """Whether the strides that matter are `stride`: those of dimensions with more than one element."""
    if tensor.numel() == 0:
        return True
    return all(n <= 1 or a == b for n, a, b in zip(tensor.shape, tensor.stride(), stride, strict=True))


def _close(eager: torch.Tensor, double: torch.Tensor, mine: torch.Tensor) -> Agreement:
    if eager.is_complex():
        eager, double, mine = torch.view_as_real(eager), torch.view_as_real(double), torch.view_as_real(mine)
    if not eager.is_floating_point():
        wrong = (mine != eager) & (mine != double)
        if bool(wrong.any()):
            raise Mismatch(f"{int(wrong.sum())} of {wrong.numel()} elements differ")
        return Agreement(0.0, 0.0, 0.0)
    epsilon = torch.finfo(eager.dtype).eps
    eager, double, mine = eager.double(), double.double(), mine.double()
    if bool(torch.isfinite(eager).all()) and bool(torch.isfinite(mine).all()) and bool(torch.isfinite(double).all()):
        exact, eager_error, error = double, eager - double, mine - double
    else:
        usable = _usable(eager, double, mine)
        exact, eager_error, error = double[usable], (eager - double)[usable], (mine - double)[usable]
    if exact.numel() == 0:
        return Agreement(0.0, 0.0, 0.0)
    allowed = 0.0
    for name, norm in (("largest", _largest), ("root mean square", _root_mean_square)):
        tolerance = EAGER_FACTOR * norm(eager_error) + ROUNDINGS * epsilon * norm(exact)
        if norm(error) > tolerance:
            found = f"{name} error {norm(error):.3g} of {norm(exact):.3g}"
            raise Mismatch(f"{found}, {tolerance:.3g} allowed (eager's {norm(eager_error):.3g})")
        allowed = max(allowed, norm(error) / tolerance if tolerance else 0.0)
    unit = _largest(exact) or 1.0
    return Agreement(_largest(error) / unit, _largest(eager_error) / unit, allowed)


def _usable(eager: torch.Tensor, double: torch.Tensor, mine: torch.Tensor) -> torch.Tensor:
    """Which elements are numbers; raises Mismatch where NaN and infinities are not where eager has them."""
    special = ~torch.isfinite(eager)
    if not torch.equal(torch.isnan(eager), torch.isnan(mine)):
        raise Mismatch("NaN in other places")
    same = ((mine == eager) | torch.isnan(eager))[special]
    if not bool(same.all()) or not bool(torch.isfinite(mine[~special]).all()):
        raise Mismatch("infinities in other places")
    return ~special & torch.isfinite(double)


def _largest(values: torch.Tensor) -> float:
    return float(values.abs().max())


def _root_mean_square(values: torch.Tensor) -> float:
    return float(values.square().mean().sqrt())


def wrong_outputs(expected: Expected, inputs: list[Any], other: Any, seed: int) -> Iterator[tuple[str, Any]]:
    """Name and value of outputs that a right comparison rejects, in the form of the right one."""
    right = expected.eager
    generator = torch.Generator().manual_seed(seed)

    def shuffled(tensor: torch.Tensor) -> torch.Tensor:
        return _put(tensor, draws.shuffled(tensor.reshape(-1), generator))

    yield "zeros", map_tensors(lambda t: _put(t, torch.zeros(t.numel(), dtype=t.dtype)), right)
    if all(t.numel() <= 1 for t in tensors(right)):
        yield "another draw's outputs", other
        return
    yield "mean", map_tensors(_mean, right)
    yield "shuffled", map_tensors(shuffled, right)
    yield "another draw's outputs", other
    for index, given in enumerate(tensors(inputs)):
        if all(_fits(t, given) for t in tensors(right)):
            yield f"input {index}", map_tensors(partial(_copied, given), right)


def _put(like: torch.Tensor, flat: torch.Tensor) -> torch.Tensor:
    """`flat` in the geometry of `like`."""
    made = torch.empty_strided(like.shape, like.stride(), dtype=like.dtype)
    return made.copy_(flat.reshape(like.shape).to(like.dtype))


def _mean(tensor: torch.Tensor) -> torch.Tensor:
    wide = tensor.to(torch.complex128 if tensor.is_complex() else torch.float64)
    finite = wide[torch.isfinite(wide)]
    value = finite.mean() if finite.numel() else torch.zeros((), dtype=wide.dtype)
    if not tensor.is_floating_point() and not tensor.is_complex():
        value = value.round()
    return _put(tensor, value.expand(tensor.numel()))


def _fits(like: torch.Tensor, given: torch.Tensor) -> bool:
    try:
        return torch.broadcast_shapes(like.shape, given.shape) == like.shape or given.numel() == like.numel()
    except RuntimeError:
        return given.numel() == like.numel()


def _copied(given: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    same = given.numel() == like.numel()
    return _put(like, (given.reshape(like.shape) if same else given.broadcast_to(like.shape)).reshape(-1))
