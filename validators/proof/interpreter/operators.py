"""`+`, `<`, `[:, None]` and their like without the detour through Triton's semantics, where there is nothing to decide.

Operands of one type, or a tensor and a number of its kind, are most of what an interpreted kernel does, and the checks
and promotions of `triton.language.semantic` take ten times as long as NumPy does for a block.  Everything else goes the
long way.  Replaces methods of `tl.tensor` (private in this form; triton 3.6.0 and 3.7.1); each is tested against the
one it replaces in `tests/validators/test_lockstep.py`.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import triton.language as tl
from triton.runtime.interpreter import TensorHandle

from validators.proof.interpreter.arrays import quotient

Array = np.ndarray[Any, Any]
_INTEGERS = (tl.int32, tl.int64)
_FLOATS = (tl.float32, tl.float64)
_PLAIN = frozenset(id(kind) for kind in (*_INTEGERS, *_FLOATS))
_WHOLE = frozenset(id(kind) for kind in _INTEGERS)
_REAL = frozenset(id(kind) for kind in _FLOATS)
_BITS = frozenset(id(kind) for kind in (*_INTEGERS, tl.int1))
_types: dict[tuple[int, tuple[int, ...]], tuple[Any, Any, Any]] = {}
_shapes: dict[tuple[int, ...], tuple[Any, Any]] = {}
_tensor, _handle = tl.tensor, TensorHandle


def made(data: Array, scalar: Any) -> Any:
    """A `tl.tensor` of element type `scalar`: a block, or a scalar where `data` has the programs' axis only.

    The elements of `data` are not larger than `scalar`: what `TensorHandle` checks each time is known here.
    """
    key = (id(scalar), data.shape[1:])
    known = _types.get(key)
    if known is None or known[0].scalar is not scalar:
        kind = tl.block_type(scalar, list(key[1])) if key[1] else scalar
        known = _types[key] = (kind, *_shape(key[1]))
    handle = _handle.__new__(_handle)
    handle.data, handle.dtype, handle.attr = data, scalar, {}
    tensor = _tensor.__new__(_tensor)
    tensor.handle, tensor.dtype = handle, scalar
    tensor.type, tensor.shape, tensor.numel = known
    return tensor


def _shape(sizes: tuple[int, ...]) -> tuple[Any, Any]:
    if sizes not in _shapes:
        _shapes[sizes] = tl.tuple([tl.constexpr(n) for n in sizes]), tl.constexpr(math.prod(sizes))
    return _shapes[sizes]


def _init(self: Any, handle: TensorHandle, type: Any) -> None:
    self.handle, self.type, self.dtype = handle, type, type.scalar
    self.shape, self.numel = _shape(tuple(type.shape) if type.is_block() else ())


def _operands(one: Any, other: Any, kinds: frozenset[int]) -> tuple[Any, Any] | None:
    """Arrays of the same rank, or an array and a number; None where types have to be promoted."""
    kind = one.dtype
    if id(kind) not in kinds:
        return None
    left = one.handle.data
    if isinstance(other, tl.tensor):
        if other.dtype is not kind:
            return None
        right = other.handle.data
        if left.ndim != right.ndim:
            if right.ndim == 1:
                right = right.reshape(-1, *[1] * (left.ndim - 1))
            elif left.ndim == 1:
                left = left.reshape(-1, *[1] * (right.ndim - 1))
            else:
                return None
        return left, right
    if isinstance(other, tl.constexpr):
        other = other.value
    if kind is tl.int1:  # a number is no truth value
        return None
    if type(other) is int and (id(kind) in _REAL or -(1 << 31) <= other < 1 << 31):
        return left, other
    if type(other) is float and id(kind) in _REAL:
        return left, other
    return None


def _remainder(left: Any, right: Any) -> Array:
    return np.asarray(left - quotient(left, right) * right)


def _method(name: str, compute: Callable[..., Array], kinds: frozenset[int], result: Any = None) -> Callable[..., Any]:
    long_way = getattr(tl.tensor, name)

    def method(self: Any, other: Any) -> Any:
        found = _operands(self, other, kinds)
        if found is None:
            return long_way(self, other)
        return made(compute(*found), self.dtype if result is None else result)

    return method


def _reflected(compute: Callable[..., Array]) -> Callable[..., Array]:
    # Only numbers come here: of two tensors the left one's method is asked.
    if isinstance(compute, np.ufunc):
        return lambda left, right: compute(right, left)
    return lambda left, right: compute(np.broadcast_to(np.asarray(right, left.dtype), left.shape), left)


def _plus() -> Callable[..., Any]:
    number = _method("__add__", np.add, _PLAIN)

    def method(self: Any, other: Any) -> Any:
        if not self.dtype.is_ptr() or not isinstance(other, tl.tensor) or id(other.dtype) not in _WHOLE:
            return number(self, other)
        base, offset = self.handle.data, other.handle.data
        if base.ndim == 1 and offset.ndim > 1:
            base = base.reshape(-1, *[1] * (offset.ndim - 1))
        elif offset.ndim == 1 and base.ndim > 1:
            offset = offset.reshape(-1, *[1] * (base.ndim - 1))
        elif base.ndim != offset.ndim:
            return number(self, other)
        return made(base + offset, self.dtype)

    return method


def _item() -> Callable[..., Any]:
    long_way, everything = tl.tensor.__getitem__, slice(None)

    def method(self: Any, index: Any) -> Any:
        index = index if isinstance(index, tuple) else (index,)
        if not all(place is None or place == everything for place in index):
            return long_way(self, index if len(index) > 1 else index[0])
        if None not in index:
            return self
        return made(self.handle.data[(everything, *index)], self.dtype)

    return method


def install() -> None:
    """Give `tl.tensor` this file's operators; after `interpreter._patch_lang`, whose own they fall back on."""
    arithmetic: dict[str, tuple[Any, frozenset[int]]] = {
        "add": (np.add, _PLAIN),
        "sub": (np.subtract, _PLAIN),
        "mul": (np.multiply, _PLAIN),
        "truediv": (np.divide, _REAL),
        "floordiv": (quotient, _WHOLE),
        "mod": (_remainder, _WHOLE),
    }
    methods: dict[str, Any] = {"__add__": _plus(), "__getitem__": _item(), "__init__": _init}
    for name, (compute, kinds) in arithmetic.items():
        methods.setdefault(f"__{name}__", _method(f"__{name}__", compute, kinds))
        methods[f"__r{name}__"] = _method(f"__r{name}__", _reflected(compute), kinds)
    for compute in (operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne):
        name = f"__{compute.__name__}__"
        methods[name] = _method(name, compute, _PLAIN, tl.int1)
    for name, function in {"__and__": np.bitwise_and, "__or__": np.bitwise_or, "__xor__": np.bitwise_xor}.items():
        methods[name] = _method(name, function, _BITS)
    for name, method in methods.items():
        setattr(tl.tensor, name, method)
