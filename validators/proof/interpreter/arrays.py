"""The interpreter's arithmetic where NumPy's is slow or not what the device does.

Slow: division of index arrays (three passes over data that is never negative), constants written out in full.  Wrong:
bfloat16, which NumPy does not have and the interpreter keeps as bits; rounding to it; minima and maxima that ignore
NaN.  Replaces methods of `triton.runtime.interpreter.InterpreterBuilder` and `interpreter._get_np_dtype` (private;
triton 3.6.0 and 3.7.1); tested against torch in `tests/validators/test_interpreter.py` and `test_language.py`.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import torch
import triton.language as tl
from triton.language.semantic import TritonSemantic
from triton.runtime import interpreter
from triton.runtime.interpreter import InterpreterBuilder, TensorHandle

Array = np.ndarray[Any, Any]

_long_way = interpreter._get_np_dtype
_known: dict[int, tuple[Any, np.dtype[Any]]] = {}


def numpy_dtype(kind: Any) -> np.dtype[Any]:
    """The NumPy type of a Triton type's elements; the interpreter's own function builds a table at each call."""
    known = _known.get(id(kind))
    if known is None or known[0] is not kind:
        known = _known[id(kind)] = (kind, _long_way(kind))
    return known[1]


def from_bfloat16(bits: Array) -> Array:
    """float32 values of bfloat16 bit patterns."""
    wide: Array = (bits.astype(np.uint32) << np.uint32(16)).view(np.float32)
    return wide


def to_bfloat16(values: Array) -> Array:
    """Bit patterns of the nearest bfloat16 values, ties to even."""
    single = torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32))
    bits: Array = single.to(torch.bfloat16).view(torch.uint16).numpy()
    return bits


def _is_bfloat16(handle: TensorHandle) -> bool:
    # A comparison's handle keeps the type of its operands; its data are truth values.
    return handle.dtype.scalar is tl.bfloat16 and handle.data.dtype == np.uint16


def _cast(self: InterpreterBuilder, src: TensorHandle, dst_type: Any, *_: Any) -> TensorHandle:
    target = dst_type.scalar
    data = from_bfloat16(src.data) if _is_bfloat16(src) else src.data
    if target is tl.bfloat16:
        return TensorHandle(to_bfloat16(data), target)
    if target.name.startswith("fp8") or src.dtype.scalar.name.startswith("fp8"):
        raise NotImplementedError("float8")
    return TensorHandle(data.astype(numpy_dtype(target), copy=False), target)


def _binary(self: InterpreterBuilder, lhs: TensorHandle, rhs: TensorHandle, op: Any) -> TensorHandle:
    kind = lhs.dtype.scalar
    if _is_bfloat16(lhs) or _is_bfloat16(rhs):
        output = op(from_bfloat16(lhs.data), from_bfloat16(rhs.data))
        return TensorHandle(output if output.dtype == np.bool_ else to_bfloat16(output), kind)
    output = op(lhs.data, rhs.data)
    if output.dtype != np.bool_:
        wanted = numpy_dtype(kind)
        if output.dtype.itemsize > wanted.itemsize:
            output = output.astype(wanted)
    return TensorHandle(output, kind)


def _same_everywhere(data: Array) -> bool:
    return not any(stride for stride, n in zip(data.strides, data.shape, strict=True) if n > 1)


def quotient(lhs: Array, rhs: Any) -> Array:
    """C's integer division, towards zero, of an array by an array or a number."""
    if isinstance(rhs, int):
        rhs = np.asarray(rhs, lhs.dtype)
    if _same_everywhere(rhs):
        divisor = rhs.flat[0]
        if divisor > 0 and (lhs.dtype.kind == "u" or lhs.size == 0 or lhs.min() >= 0):
            return np.asarray(np.floor_divide(lhs, divisor))  # NumPy has a vectorised loop for one divisor
    return np.asarray((lhs - np.fmod(lhs, rhs)) // rhs)


def _idiv(self: InterpreterBuilder, lhs: TensorHandle, rhs: TensorHandle) -> TensorHandle:
    return TensorHandle(quotient(lhs.data, rhs.data), lhs.dtype.scalar)


def _irem(self: InterpreterBuilder, lhs: TensorHandle, rhs: TensorHandle) -> TensorHandle:
    if _same_everywhere(rhs.data) and rhs.data.flat[0] > 0:
        divisor = rhs.data.flat[0]
        return TensorHandle(lhs.data - quotient(lhs.data, rhs.data) * divisor, lhs.dtype.scalar)
    return TensorHandle(np.fmod(lhs.data, rhs.data), lhs.dtype.scalar)


def _erf(self: InterpreterBuilder, arg: TensorHandle) -> TensorHandle:
    return TensorHandle(torch.erf(torch.from_numpy(np.ascontiguousarray(arg.data))).numpy(), arg.dtype.scalar)


def _dot(self: InterpreterBuilder, a: TensorHandle, b: TensorHandle, d: TensorHandle, *_: Any) -> TensorHandle:
    """Products in float32 (float64 for its like), as with `allow_tf32=False`; integers exactly."""
    left, right = (from_bfloat16(x.data) if _is_bfloat16(x) else x.data for x in (a, b))
    wide = d.data.dtype if d.data.dtype.kind != "f" else np.result_type(d.data.dtype, np.float32)
    product = np.matmul(left.astype(wide, copy=False), right.astype(wide, copy=False))
    return TensorHandle((product + d.data).astype(d.data.dtype, copy=False), d.dtype.scalar)


def _block_numel(shape: Any) -> int:
    """Elements in a block of any shape; NumPy has no need of powers of two."""
    return math.prod(shape)


def _arange(self: TritonSemantic, start: int, end: int, *, ret_ty: Any = None) -> Any:
    kind = ret_ty or tl.block_type(tl.int32, [end - start])
    return self.tensor(self.builder.create_make_range(kind, start, end), kind)


def _binary_method(operation: Any) -> Any:
    return lambda self, lhs, rhs: self.binary_op(lhs, rhs, operation)


def install() -> None:
    """Give the interpreter this file's arithmetic; asserts on, overflow checks of index arithmetic off.

    The overflow checks triple the cost of every integer operation; an index that overflows fails its bounds check.
    """
    methods: dict[str, Any] = {
        "cast_impl": _cast,
        "create_fp_to_fp": _cast,
        "binary_op": _binary,
        "create_idiv": _idiv,
        "create_srem": _irem,
        "create_urem": _irem,
        "create_erf": _erf,
        "create_dot": _dot,
        "create_minnumf": _binary_method(np.fmin),
        "create_maxnumf": _binary_method(np.fmax),
    }
    for name, method in methods.items():
        if not hasattr(InterpreterBuilder, name):
            raise RuntimeError(f"triton's interpreter has no {name}")
        setattr(InterpreterBuilder, name, method)
    # Blocks need not be powers of two: `blocks` prefers those that divide a size.
    if not hasattr(tl.core, "validate_block_shape") or not hasattr(TritonSemantic, "arange"):
        raise RuntimeError("triton checks block shapes elsewhere")
    vars(tl.core)["validate_block_shape"] = _block_numel
    vars(interpreter)["_get_np_dtype"] = numpy_dtype
    TritonSemantic.arange = _arange
    builder = interpreter.interpreter_builder
    builder.options = replace(builder.options, debug=True, sanitize_overflow=False)
