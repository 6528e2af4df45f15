"""Pooling with large or uneven windows, written with operators that Inductor turns into Triton.

What Inductor does not unroll (torch 2.13, `_inductor/lowering.py`) it would hand to a library.  Here a pooling operator
gathers its windows and reduces them, which becomes one reduction kernel.  For each axis there is a matrix (output
places, window places) of input places; what is outside of the input, or of an adaptive window that is shorter than the
longest one, is masked.

Functions take the operator's own arguments and return what it returns; `NotImplemented` leaves a call as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

aten = torch.ops.aten

# Pooling windows up to this size Inductor unrolls itself (`lowering.py`, torch 2.13).
MAX_UNROLLED_WINDOW = 25


def _windows(x: Tensor, axes: Sequence[tuple[Tensor, Tensor]], fill: float) -> tuple[Tensor, Tensor]:
    """The windows of the last `len(axes)` axes, flattened into a new last one, and each element's flat input place."""
    n = len(axes)
    sizes = x.shape[-n:]
    places: list[Tensor] = []
    inside: Tensor | None = None
    flat: Tensor | None = None
    for axis, (rows, valid) in enumerate(axes):
        shape = [1] * (2 * n)
        shape[axis], shape[n + axis] = rows.shape
        place = rows.clamp(0, sizes[axis] - 1).view(shape)
        places.append(place)
        inside = valid.view(shape) if inside is None else inside & valid.view(shape)
        flat = place if flat is None else flat * sizes[axis] + place
    assert inside is not None and flat is not None
    values = aten.index(x, [None] * (x.dim() - n) + places)
    return torch.where(inside, values, fill).flatten(-n), flat.flatten(-n)


def _sliding(x: Tensor, axis: int, kernel: int, stride: int, padding: int, dilation: int, ceil: bool) -> Any:
    """Input places of each window along `axis`, and which of them are inside of the input."""
    size = x.size(axis)
    span = dilation * (kernel - 1) + 1
    count = (size + 2 * padding - span + (stride - 1 if ceil else 0)) // stride + 1
    if ceil and (count - 1) * stride >= size + padding:
        count -= 1  # the last window has to start inside of the input or of its left padding
    starts = torch.arange(count, device=x.device) * stride - padding
    rows = starts[:, None] + torch.arange(kernel, device=x.device) * dilation
    return rows, (rows >= 0) & (rows < size)


def _adaptive(x: Tensor, axis: int, count: int) -> tuple[Tensor, Tensor, Tensor]:
    """The same for adaptive pooling to `count` places, with the windows' lengths."""
    size = x.size(axis)
    place = torch.arange(count, device=x.device)
    starts = torch.div(place * size, count, rounding_mode="floor")
    ends = torch.div((place + 1) * size + count - 1, count, rounding_mode="floor")
    longest = max(-((-(k + 1) * size) // count) - k * size // count for k in range(count))
    rows = starts[:, None] + torch.arange(longest, device=x.device)
    return rows, rows < ends[:, None], ends - starts


def _adaptive_average(x: Tensor, output_size: Sequence[int]) -> Any:
    n = len(output_size)
    sizes = x.shape[-n:]
    if not x.numel() or 0 in output_size:
        return NotImplemented
    even = all(size % out == 0 for size, out in zip(sizes, output_size, strict=True))
    if even:
        split = [part for size, out in zip(sizes, output_size, strict=True) for part in (out, size // out)]
        return x.reshape(*x.shape[:-n], *split).mean([-1 - 2 * axis for axis in range(n)])
    axes = [_adaptive(x, axis - n, out) for axis, out in enumerate(output_size)]
    values, _ = _windows(x, [(rows, valid) for rows, valid, _ in axes], 0.0)
    return values.sum(-1) / _outer([length for _, _, length in axes])


def _outer(lengths: Sequence[Tensor]) -> Tensor:
    """The product of one vector per axis, over all axes."""
    product = lengths[0]
    for length in lengths[1:]:
        product = product.unsqueeze(-1) * length
    return product


def _adaptive_average_2d(x: Tensor, output_size: Sequence[int]) -> Any:
    sizes = x.shape[-2:]
    window = 1
    for size, out in zip(sizes, output_size, strict=True):
        window *= -(-(size + out - 1) // max(out, 1))
    even = all(out and size % out == 0 for size, out in zip(sizes, output_size, strict=True))
    return NotImplemented if even or window <= MAX_UNROLLED_WINDOW else _adaptive_average(x, output_size)


def _adaptive_max(n: int) -> Callable[..., Any]:
    def pool(x: Tensor, output_size: Sequence[int]) -> Any:
        if not x.numel() or 0 in output_size or not x.dtype.is_floating_point:
            return NotImplemented
        axes = [_adaptive(x, axis - n, out)[:2] for axis, out in enumerate(output_size)]
        return _largest(*_windows(x, axes, float("-inf")))

    return pool


def _max_pool(n: int) -> Callable[..., Any]:
    def pool(
        x: Tensor,
        kernel_size: Sequence[int],
        stride: Sequence[int] = (),
        padding: Sequence[int] = (0,),
        dilation: Sequence[int] = (1,),
        ceil_mode: bool = False,
    ) -> Any:
        kernel = _each(kernel_size, n)
        if _product(kernel) <= MAX_UNROLLED_WINDOW or not x.numel() or not x.dtype.is_floating_point:
            return NotImplemented
        strides = _each(stride, n) if stride else kernel
        given = zip(kernel, strides, _each(padding, n), _each(dilation, n), strict=True)
        axes = [_sliding(x, axis - n, *sizes, ceil_mode) for axis, sizes in enumerate(given)]
        return _largest(*_windows(x, axes, float("-inf")))

    return pool


def _largest(values: Tensor, flat: Tensor) -> tuple[Tensor, Tensor]:
    largest, place = values.max(-1)
    return largest, flat.expand(values.shape).gather(-1, place.unsqueeze(-1)).squeeze(-1)


def _average_pool(n: int) -> Callable[..., Any]:
    def pool(
        x: Tensor,
        kernel_size: Sequence[int],
        stride: Sequence[int] = (),
        padding: Sequence[int] = (0,),
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> Any:
        kernel, pads = _each(kernel_size, n), _each(padding, n)
        if _product(kernel) <= MAX_UNROLLED_WINDOW or not x.numel():
            return NotImplemented
        strides = _each(stride, n) if stride else kernel
        axes, lengths = [], []
        for axis, (size, step, pad) in enumerate(zip(kernel, strides, pads, strict=True)):
            rows, valid = _sliding(x, axis - n, size, step, pad, 1, ceil_mode)
            counted = rows < x.size(axis - n) + pad if count_include_pad else valid
            axes.append((rows, valid))
            lengths.append(counted.sum(1))
        total = _windows(x, axes, 0.0)[0].sum(-1)
        return total / (divisor_override or _outer(lengths))

    return pool


def _each(sizes: Sequence[int], n: int) -> list[int]:
    return list(sizes) * n if len(sizes) == 1 else list(sizes)


def _product(sizes: Sequence[int]) -> int:
    product = 1
    for size in sizes:
        product *= size
    return product


TABLE: dict[Any, Callable[..., Any]] = {
    aten._adaptive_avg_pool2d.default: _adaptive_average_2d,
    aten._adaptive_avg_pool3d.default: _adaptive_average,
    aten.adaptive_max_pool2d.default: _adaptive_max(2),
    aten.adaptive_max_pool3d.default: _adaptive_max(3),
    aten.avg_pool2d.default: _average_pool(2),
    aten.avg_pool3d.default: _average_pool(3),
    aten.max_pool2d_with_indices.default: _max_pool(2),
    aten.max_pool3d_with_indices.default: _max_pool(3),
}
