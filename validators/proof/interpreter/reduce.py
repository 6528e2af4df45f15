"""Reductions, scans and sorts as whole-array operations.

Triton's interpreter calls a combine function once per element.  The functions are elementwise, so they can be given
halves of the array instead: a reduction is a tree of about log2(n) calls of the very function in the text, a scan is
Hillis and Steele's (Data parallel algorithms, CACM 29(12), 1986).  Common ones are one NumPy call.  Each replacement is
tested against the interpreter's own element by element one.

Replaces methods of `ReduceOps` and `ScanOps` of `triton.runtime.interpreter` and functions of
`torch._inductor.runtime.triton_helpers` (private; triton 3.6.0 and 3.7.1, torch 2.11.0 and 2.13.0).
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import triton.language as tl
from torch._inductor.runtime import triton_helpers
from triton.runtime import interpreter
from triton.runtime.interpreter import ReduceOps, ScanOps

from validators.proof.interpreter import operators

Array = np.ndarray[Any, Any]


def _tensor(data: Array, like: Any) -> Any:
    return operators.made(data, like.dtype.scalar)


def _combined(function: Any, left: Sequence[Array], right: Sequence[Array], like: Sequence[Any]) -> list[Array]:
    arguments = [_tensor(data, tensor) for side in (left, right) for data, tensor in zip(side, like, strict=True)]
    result = function(*arguments)
    results = result if isinstance(result, tuple) else (result,)
    return [
        r.handle.data.astype(a.dtype, copy=False) if isinstance(r, tl.tensor) else np.full_like(a, r)
        for r, a in zip(results, left, strict=True)
    ]


def tree(arrays: Sequence[Array], axis: int, function: Any, like: Sequence[Any]) -> list[Array]:
    """Reduce along `axis`, which is gone in the result."""
    arrays = [np.moveaxis(a, axis, 0) for a in arrays]
    while (length := len(arrays[0])) > 1:
        half = length // 2
        joined = _combined(function, [a[:half] for a in arrays], [a[half : 2 * half] for a in arrays], like)
        rest = [a[2 * half :] for a in arrays]  # one, where the length is odd
        arrays = [np.concatenate(pair) for pair in zip(joined, rest, strict=True)] if length % 2 else joined
    return [a[0] for a in arrays]


def _extreme_with_index(value: Array, index: Array, axis: int, reduce: Callable[..., Array]) -> list[Array]:
    """NaN is the extreme of all; of equal values the one with the lowest index."""
    best = reduce(value, axis=axis, keepdims=True)
    hit = (value == best) | ((value != value) & (best != best))
    first = np.where(hit, index, np.iinfo(index.dtype).max).min(axis=axis)
    return [best.squeeze(axis), first]


_SINGLE: dict[str, Callable[..., Any]] = {
    "maximum": np.max,
    "minimum": np.min,
    "_prod_accumulate": np.multiply.reduce,
    "_any_combine": np.bitwise_or.reduce,
}
_WITH_INDEX = {"maximum_with_index": np.max, "minimum_with_index": np.min}
_HELPERS: dict[Any, str] = {}
_STANDARD: dict[Any, Callable[..., Any]] = {}
_ACCUMULATED: dict[Any, Callable[..., Any]] = {}


def reduce(self: ReduceOps, inputs: Sequence[Any]) -> list[Any]:
    """What `ReduceOps.apply_impl` does, for `tl.tensor`s; a tensor per input."""
    arrays = list(np.broadcast_arrays(*(t.handle.data for t in inputs)))
    if self.axis is None:
        arrays, axis = [a.reshape(len(a), -1) for a in arrays], 1
    else:
        axis = self.axis + 1 if self.axis >= 0 else self.axis
    name = _HELPERS.get(self.combine_fn, "")
    single = _SINGLE.get(name) or _STANDARD.get(self.combine_fn)
    if single is not None and len(arrays) == 1:
        results = [np.asarray(single(arrays[0], axis=axis)).astype(arrays[0].dtype, copy=False)]
    elif name in _WITH_INDEX:
        results = _extreme_with_index(arrays[0], arrays[1], axis, _WITH_INDEX[name])
    else:
        results = tree(arrays, axis, self.combine_fn, inputs)
    if self.keep_dims:
        ones = [1] * len(inputs[0].shape)
        results = [np.expand_dims(r, axis) if self.axis is not None else r.reshape(-1, *ones) for r in results]
    return [_tensor(r, t) for r, t in zip(results, inputs, strict=True)]


def scan(self: ScanOps, inputs: Sequence[Any]) -> list[Any]:
    """What `ScanOps.apply_impl` does, for `tl.tensor`s: inclusive, along `self.axis`."""
    arrays = list(np.broadcast_arrays(*(t.handle.data for t in inputs)))
    axis = self.axis + 1 if self.axis >= 0 else self.axis
    if self.reverse:
        arrays = [np.flip(a, axis) for a in arrays]
    whole = _ACCUMULATED.get(self.combine_fn)
    if whole is not None and len(arrays) == 1:
        arrays = [whole(arrays[0], axis=axis, dtype=arrays[0].dtype)]
    else:
        arrays = _hillis_and_steele(arrays, axis, self.combine_fn, inputs)
    if self.reverse:
        arrays = [np.flip(a, axis) for a in arrays]
    return [_tensor(a, t) for a, t in zip(arrays, inputs, strict=True)]


def _hillis_and_steele(arrays: list[Array], axis: int, function: Any, like: Sequence[Any]) -> list[Array]:
    length = arrays[0].shape[axis]
    shape = [1] * arrays[0].ndim
    shape[axis] = length
    place = np.arange(length).reshape(shape)
    step = 1
    while step < length:
        earlier = [np.roll(a, step, axis=axis) for a in arrays]
        joined = _combined(function, earlier, arrays, like)
        arrays = [np.where(place >= step, new, old) for new, old in zip(joined, arrays, strict=True)]
        step *= 2
    return arrays


def sort_with_index(
    x: Any, idxs: Any, rnumel: Any, dim: Any = None, stable: Any = False, descending: Any = False
) -> Any:
    """`triton_helpers.sort_with_index`: along the last dimension; always stable, as the real one may be.

    NaN counts as the largest value; elements whose index is not below `rnumel` come last.
    """
    value, index = np.broadcast_arrays(x.handle.data, idxs.handle.data)
    if rnumel is None:
        padding = np.zeros(index.shape, dtype=bool)
    else:
        padding = index >= (rnumel.handle.data if isinstance(rnumel, tl.tensor) else int(rnumel))
    nan = value != value
    key = value.astype(np.int8) if value.dtype == np.bool_ else value
    if _plain(descending):
        key, nan = (-key if key.dtype.kind == "f" else ~key), ~nan
    order = np.lexsort((index, np.where(value != value, 0, key), nan, padding), axis=-1)
    return tuple(_tensor(np.take_along_axis(a, order, -1), t) for a, t in ((value, x), (index, idxs)))


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, tl.constexpr) else value


class _Transformer(interpreter.ASTTransformer):
    """`not x` elementwise, as Triton compiles it; Python's own `not` asks the whole array for one truth value."""

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:  # noqa: N802 - the visitor's naming
        self.generic_visit(node)
        if not isinstance(node.op, ast.Not):
            return node
        return ast.copy_location(ast.Call(ast.Name("elementwise_not", ast.Load()), [node.operand], []), node)


def elementwise_not(value: Any) -> Any:
    """`not value`, lane by lane where it is a block."""
    return value == 0 if isinstance(value, tl.tensor) and value.type.is_block() else not value


def install() -> None:
    """Give the interpreter this file's reductions, scans and sorts."""
    for name in [*_SINGLE, *_WITH_INDEX]:
        _HELPERS[getattr(triton_helpers, name)] = name
    _STANDARD.update(
        {
            tl.standard._sum_combine: np.add.reduce,
            tl.standard._elementwise_max: np.fmax.reduce,
            tl.standard._elementwise_min: np.fmin.reduce,
        }
    )
    _ACCUMULATED.update({tl.standard._sum_combine: np.cumsum, tl.standard._prod_combine: np.cumprod})
    ReduceOps.apply_impl = reduce
    ScanOps.apply_impl = scan
    triton_helpers.sort_with_index = sort_with_index
    interpreter.FunctionRewriter.ast_transformer = _Transformer()
