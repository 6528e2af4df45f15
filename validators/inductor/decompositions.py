"""ATen operators that Inductor would hand to a library, written with operators that it turns into Triton.

Inductor (torch 2.13, `_inductor/lowering.py`: `make_fallback`, and the `fallback_*` handlers of single lowerings) has
no Triton for these: fused recurrent cells, `_trilinear`, bags of embeddings, distances, selections along an axis,
digamma, matrix products of integers; and pooling (`pooling.py`).  Each function below takes the operator's own
arguments and returns what it returns; `NotImplemented` leaves a call as it was.  What only a backward pass would read
comes back empty.

Private: `torch._inductor.compile_fx.select_decomp_table`, read in torch 2.13.0 and 2.11.0; if it moves, entering
`decomposed` raises AttributeError.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any
from unittest import mock

import torch
from torch import Tensor

from validators.inductor import pooling

aten = torch.ops.aten

# Inductor sorts rows up to this length inside a kernel (`ir.Sort.create`, torch 2.13); longer ones are library calls.
MAX_SORTED = 512
# Elements a bag of embeddings may touch when written as a masked sum over all indices for every bag.
MAX_BAG_ELEMENTS = 1 << 28


def decomposed() -> AbstractContextManager[Any]:
    """While it lasts, Inductor decomposes the operators of this file too."""
    import torch._inductor.compile_fx as compile_fx

    original = compile_fx.select_decomp_table

    def extended() -> dict[Any, Callable[..., Any]]:
        table = original()
        return {**table, **{op: _first(own, table[op]) if op in table else own for op, own in TABLE.items()}}

    return mock.patch.object(compile_fx, "select_decomp_table", extended)


def _first(own: Callable[..., Any], inductors: Callable[..., Any]) -> Callable[..., Any]:
    """`own`, and Inductor's decomposition for what that leaves as it was."""

    def decomposition(*args: Any, **kwargs: Any) -> Any:
        result = own(*args, **kwargs)
        return inductors(*args, **kwargs) if result is NotImplemented else result

    return decomposition


def _gru_cell(
    input_gates: Tensor,
    hidden_gates: Tensor,
    hx: Tensor,
    input_bias: Tensor | None = None,
    hidden_bias: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    reset_i, update_i, new_i = _with_bias(input_gates, input_bias).chunk(3, 1)
    reset_h, update_h, new_h = _with_bias(hidden_gates, hidden_bias).chunk(3, 1)
    update = torch.sigmoid(update_i + update_h)
    new = torch.tanh(new_i + torch.sigmoid(reset_i + reset_h) * new_h)
    return (hx - new) * update + new, hx.new_empty((hx.size(0), hx.size(1) * 5))


def _lstm_cell(
    input_gates: Tensor,
    hidden_gates: Tensor,
    cx: Tensor,
    input_bias: Tensor | None = None,
    hidden_bias: Tensor | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    gates = _with_bias(input_gates, input_bias) + _with_bias(hidden_gates, hidden_bias)
    into, forget, cell, out = gates.chunk(4, 1)
    cy = torch.sigmoid(forget) * cx + torch.sigmoid(into) * torch.tanh(cell)
    return torch.sigmoid(out) * torch.tanh(cy), cy, cx.new_empty((cx.size(0), cx.size(1) * 4))


def _with_bias(gates: Tensor, bias: Tensor | None) -> Tensor:
    return gates if bias is None else gates + bias


def _trilinear(
    i1: Tensor,
    i2: Tensor,
    i3: Tensor,
    expand1: Sequence[int],
    expand2: Sequence[int],
    expand3: Sequence[int],
    sumdim: Sequence[int],
    unroll_dim: int = 1,
) -> Tensor:
    product = _expanded(i1, expand1) * _expanded(i2, expand2) * _expanded(i3, expand3)
    return product.sum(list(sumdim)) if sumdim else product


def _expanded(tensor: Tensor, dims: Sequence[int]) -> Tensor:
    for dim in dims:  # ascending, as at::_trilinear inserts them
        tensor = tensor.unsqueeze(dim)
    return tensor


def _embedding_bag(
    weight: Tensor,
    indices: Tensor,
    offsets: Tensor,
    scale_grad_by_freq: bool = False,
    mode: int = 0,
    sparse: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int = -1,
) -> Any:
    count, bags = indices.numel(), offsets.numel() - include_last_offset
    if not 0 < count * bags * weight.size(1) <= MAX_BAG_ELEMENTS:
        return NotImplemented
    position = torch.arange(count, device=indices.device)
    starts = offsets[:bags]
    ends = torch.cat([offsets[1:bags], offsets.new_full((1,), count)])
    inside = (position >= starts[:, None]) & (position < ends[:, None])
    if padding_idx >= 0:
        inside = inside & (indices != padding_idx)
    rows = weight[indices]
    if per_sample_weights is not None:
        rows = rows * per_sample_weights[:, None]
    held = inside.sum(1, keepdim=True)
    if mode == 2:  # the largest
        output = torch.where(inside[:, :, None], rows, float("-inf")).amax(1)
        output = torch.where(held > 0, output, 0.0)
    else:
        output = torch.where(inside[:, :, None], rows, 0.0).sum(1)
        output = output / held.clamp(min=1) if mode == 1 else output
    empty = indices.new_empty((0,))
    return output, empty, held.squeeze(1).to(indices.dtype), empty


def _cdist_forward(x1: Tensor, x2: Tensor, p: float, compute_mode: int | None = None) -> Tensor:
    apart = (x1.unsqueeze(-2) - x2.unsqueeze(-3)).abs()
    if p == 0:
        return (apart != 0).to(x1.dtype).sum(-1)
    if p == 1:
        return apart.sum(-1)
    if p == float("inf"):
        return apart.amax(-1)
    return (apart * apart).sum(-1).sqrt() if p == 2 else apart.pow(p).sum(-1).pow(1 / p)


def _addbmm(inp: Tensor, batch1: Tensor, batch2: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    product = torch.bmm(batch1, batch2).sum(0)
    return beta * inp + alpha * product if beta else alpha * product


def _integer_product(a: Tensor, b: Tensor) -> Any:
    """CUDA libraries have no product of integer matrices, and no template takes them; a sum of products is exact."""
    if a.dtype.is_floating_point or a.dtype.is_complex:
        return NotImplemented
    return (a.unsqueeze(-1) * b.unsqueeze(-3)).sum(-2, dtype=a.dtype)


def _integer_addmm(inp: Tensor, a: Tensor, b: Tensor, *, beta: float = 1, alpha: float = 1) -> Any:
    product = _integer_product(a, b)
    return product if product is NotImplemented else beta * inp + alpha * product


def _digamma(x: Tensor) -> Any:
    """Recurrence up to 10 and the asymptotic series, as ATen's `calc_digamma` (Cephes `psi`, Moshier) does."""
    if x.dtype in (torch.float16, torch.bfloat16):  # ATen computes these in float32 too
        return _digamma(x.float()).to(x.dtype)
    if x.dtype not in (torch.float32, torch.float64):
        return NotImplemented
    mirrored = x < 0  # psi(x) = psi(1 - x) - pi / tan(pi x)
    y = torch.where(mirrored, 1 - x, x)
    # Each step from the start, not from the one before: Inductor inlines what is not a buffer wherever it is used.
    steps = [y + step for step in range(10)]
    shift, raised = torch.zeros_like(x), y
    for step in steps:
        shift = shift - torch.where(step < 10, 1 / step, 0.0)
        raised = raised + (step < 10).to(x.dtype)
    y = raised
    square = 1 / (y * y)
    series = torch.zeros_like(x)
    for coefficient in (1 / 12, -691 / 32760, 1 / 132, -1 / 240, 1 / 252, -1 / 120, 1 / 12):  # B_2n / 2n
        series = (series + coefficient) * square
    found = shift + torch.log(y) - 0.5 / y - series
    mirror = math.pi / torch.tan(math.pi * (x - torch.trunc(x)))
    found = torch.where(mirrored, found - mirror, found)
    found = torch.where(mirrored & (x == torch.trunc(x)), float("nan"), found)
    return torch.where(x == 0, torch.copysign(torch.full_like(x, float("inf")), -x), found)


def _topk(x: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:
    if not x.dim() or not x.size(dim) or x.size(dim) > MAX_SORTED:
        return NotImplemented
    values, indices = torch.sort(x, dim=dim, descending=largest, stable=True)
    return values.narrow(dim, 0, k), indices.narrow(dim, 0, k)


def _kthvalue(x: Tensor, k: int, dim: int = -1, keepdim: bool = False) -> Any:
    if not x.dim() or not x.size(dim) or x.size(dim) > MAX_SORTED:
        return NotImplemented
    values, indices = torch.sort(x, dim=dim, stable=True)
    found = values.narrow(dim, k - 1, 1), indices.narrow(dim, k - 1, 1)
    return found if keepdim else tuple(part.squeeze(dim) for part in found)


def _median(x: Tensor, dim: int, keepdim: bool = False) -> Any:
    if not x.dim() or not x.size(dim) or x.size(dim) > MAX_SORTED:
        return NotImplemented
    values, indices = torch.sort(x, dim=dim, stable=True)
    middle = (x.size(dim) - 1) // 2
    value, index = values.narrow(dim, middle, 1), indices.narrow(dim, middle, 1)
    if x.dtype.is_floating_point:  # a row with a NaN has the median NaN, and its first place
        missing = torch.isnan(x)
        has_nan = missing.any(dim, keepdim=True)
        value = torch.where(has_nan, float("nan"), value)
        index = torch.where(has_nan, missing.to(torch.int32).argmax(dim, keepdim=True), index)
    return (value, index) if keepdim else (value.squeeze(dim), index.squeeze(dim))


def _median_of_all(x: Tensor) -> Any:
    found = _median(x.reshape(-1), 0)
    return found if found is NotImplemented else found[0]


TABLE: dict[Any, Callable[..., Any]] = {
    aten._thnn_fused_gru_cell.default: _gru_cell,
    aten._thnn_fused_lstm_cell.default: _lstm_cell,
    aten._trilinear.default: _trilinear,
    aten._embedding_bag.default: _embedding_bag,
    aten._embedding_bag_forward_only.default: _embedding_bag,
    aten._cdist_forward.default: _cdist_forward,
    aten.addbmm.default: _addbmm,
    aten.mm.default: _integer_product,
    aten.bmm.default: _integer_product,
    aten.addmm.default: _integer_addmm,
    aten.digamma.default: _digamma,
    aten.topk.default: _topk,
    aten.kthvalue.default: _kthvalue,
    aten.median.dim: _median,
    aten.median.default: _median_of_all,
    **pooling.TABLE,
}
