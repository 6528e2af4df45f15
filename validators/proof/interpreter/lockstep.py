"""Programs of a grid run in lockstep: one pass of the kernel's Python code for many programs.

The interpreter's data get one axis more, the first: a block of shape (M, N) is an array of shape (P, M, N), a scalar
one of shape (P,), for P programs, or 1 in the place of P where all programs have the same.  Python's own cost is paid
once for a batch of programs, so that a kernel is interpreted with the very blocks and grid that its text gives it.

Where programs have to take different ways (`if`, the length of a loop) the batch is undone, split in two and run again.
A kernel whose programs talk to each other by exchanging words in memory runs program after program.  Programs that
write what another one reads are a race on a device, so that no order of them is the right one.

Replaces methods of `triton.runtime.interpreter.InterpreterBuilder` that depend on an array's shape, and of `tl.tensor`
(private; triton 3.6.0 and 3.7.1; `tests/validators/test_lockstep.py` runs each against single programs).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import triton.language as tl
from triton.runtime import interpreter
from triton.runtime.interpreter import InterpreterBuilder, TensorHandle

from validators.proof.interpreter import operators
from validators.proof.interpreter.memory import MEMORY, Diverged

Array = np.ndarray[Any, Any]

#: Lanes of the largest block times the programs of a batch.  NumPy's temporaries then fit a core's cache, and Python's
#: own cost is small beside.
LANES = 1 << 17
FIRST = 64  # programs in the first batch, which shows how large the blocks are


def run(function: Callable[..., Any], arguments: dict[str, Any], counts: tuple[int, ...]) -> None:
    """Run the interpreted kernel `function` for every program of the grid `counts`."""
    interpreter.interpreter_builder.set_grid_dim(*counts)
    total, begin, size = math.prod(counts), 0, FIRST
    MEMORY.widest = 1
    with np.errstate(all="ignore"):
        while begin < total:
            groups = _batch(function, arguments, np.arange(begin, min(begin + size, total), dtype=np.int64))
            begin += size
            size = max(1, LANES // MEMORY.widest) * groups  # what is split is of full width then


def _batch(function: Callable[..., Any], arguments: dict[str, Any], programs: Array) -> int:
    """Run these programs; the number of groups in which they went."""
    nx, ny, _ = interpreter.interpreter_builder.grid_dim
    places = (programs % nx, programs // nx % ny, programs // (nx * ny))
    interpreter.interpreter_builder.grid_idx = tuple(place.astype(np.int32) for place in places)
    MEMORY.begin(len(programs))
    try:
        function(**arguments)
        return 1
    except Diverged as diverged:
        MEMORY.undo()
        first = diverged.first
    return _batch(function, arguments, programs[first]) + _batch(function, arguments, programs[~first])


def shape(data: Array) -> list[int]:
    """The shape of the block that `data` is for one program."""
    return list(data.shape[1:])


def _common(tensor: Any) -> Any:
    """The one value of a scalar; raises `Diverged` where programs have different ones."""
    data = tensor.handle.data
    if data.size > 1:
        flat = data.reshape(len(data), -1)
        if flat.shape[1] > 1:
            raise ValueError("a block has no single value")
        same = flat[:, 0] == flat[0, 0]
        if not same.all():
            raise Diverged(same)
    return data.flat[0]


def _truth(tensor: Any) -> bool:
    """As the interpreter has it: a block of several elements is true, since only scalars are ever asked."""
    return bool(_common(tensor)) if math.prod(shape(tensor.handle.data)) == 1 else True


def _transposed(tensor: Any) -> Any:
    return operators.made(np.swapaxes(tensor.handle.data, -1, -2), tensor.dtype.scalar)


def _program_id(self: InterpreterBuilder, axis: int) -> TensorHandle:
    return TensorHandle(self.grid_idx[axis], tl.int32)


def _make_range(self: InterpreterBuilder, ret_ty: Any, start: int, stop: int) -> TensorHandle:
    return TensorHandle(np.arange(start, stop, dtype=np.int32)[None], tl.int32)


def _splat(self: InterpreterBuilder, ret_ty: Any, arg: TensorHandle) -> TensorHandle:
    sizes = [int(n) for n in ret_ty.shape]
    spread = arg.data.reshape(-1, *[1] * len(sizes))
    return TensorHandle(np.broadcast_to(spread, (len(spread), *sizes)), arg.dtype.scalar)


def _unsplat(self: InterpreterBuilder, arg: TensorHandle) -> TensorHandle:
    return TensorHandle(arg.data.reshape(-1), arg.dtype.scalar)


def _reshape(self: InterpreterBuilder, arg: TensorHandle, sizes: Sequence[int], allow_reorder: bool) -> TensorHandle:
    return TensorHandle(arg.data.reshape(len(arg.data), *sizes), arg.dtype.scalar)


def _trans(self: InterpreterBuilder, arg: TensorHandle, order: Sequence[int]) -> TensorHandle:
    return TensorHandle(np.transpose(arg.data, (0, *(axis + 1 for axis in order))), arg.dtype.scalar)


def _expand_dims(self: InterpreterBuilder, arg: TensorHandle, axis: int) -> TensorHandle:
    return TensorHandle(np.expand_dims(arg.data, axis + 1), arg.dtype.scalar)


def _broadcast(self: InterpreterBuilder, arg: TensorHandle, sizes: Sequence[int]) -> TensorHandle:
    return TensorHandle(np.broadcast_to(arg.data, (len(arg.data), *(int(n) for n in sizes))), arg.dtype.scalar)


def _cat(self: InterpreterBuilder, lhs: TensorHandle, rhs: TensorHandle) -> TensorHandle:
    return TensorHandle(np.concatenate(np.broadcast_arrays(lhs.data, rhs.data), axis=1), lhs.dtype.scalar)


def _join(self: InterpreterBuilder, lhs: TensorHandle, rhs: TensorHandle) -> TensorHandle:
    return TensorHandle(np.stack(np.broadcast_arrays(lhs.data, rhs.data), axis=-1), lhs.dtype.scalar)


def _gather(self: InterpreterBuilder, src: TensorHandle, indices: TensorHandle, axis: int) -> TensorHandle:
    programs = max(len(src.data), len(indices.data))
    data, index = (np.broadcast_to(h.data, (programs, *h.data.shape[1:])) for h in (src, indices))
    return TensorHandle(np.take_along_axis(data, index, axis=axis + 1), src.dtype.scalar)


def _histogram(self: InterpreterBuilder, data: TensorHandle, bins: int, mask: Any) -> TensorHandle:
    raise NotImplementedError("tl.histogram")


def install() -> None:
    """Give the interpreter this file's shapes; after `interpreter._patch_lang`, whose `tl.tensor` it changes again."""
    methods: dict[str, Any] = {
        "create_get_program_id": _program_id,
        "create_make_range": _make_range,
        "create_splat": _splat,
        "create_unsplat": _unsplat,
        "create_reshape": _reshape,
        "create_trans": _trans,
        "create_expand_dims": _expand_dims,
        "create_broadcast": _broadcast,
        "create_cat": _cat,
        "create_join": _join,
        "create_gather": _gather,
        "create_histogram": _histogram,
    }
    for name, method in methods.items():
        if not hasattr(InterpreterBuilder, name):
            raise RuntimeError(f"triton's interpreter has no {name}")
        setattr(InterpreterBuilder, name, method)
    replaced: dict[str, Any] = {
        "__index__": lambda self: int(_common(self)),
        "__bool__": _truth,
        "T": property(_transposed),
    }
    for name, member in replaced.items():
        setattr(tl.tensor, name, member)
