"""`tl.load`, `tl.store`, `tl.dot` and others of the language without the detour through Triton's semantics.

As in `operators`: where types and shapes leave nothing to decide, the checks and promotions of
`triton.language.semantic` take ten times as long as NumPy does for a small block; everything else goes the long way,
which each function here has as its `__wrapped__`.  A kernel that loops over a sequence is mostly such blocks.

Replaces functions of `triton.language` and `tl.tensor.to` (private in this form; triton 3.6.0 and 3.7.1); each is
tested against the one it replaces in `tests/validators/test_language.py`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import triton
import triton.language as tl
from triton.runtime.interpreter import interpreter_builder

from validators.proof.interpreter import memory
from validators.proof.interpreter.arrays import numpy_dtype
from validators.proof.interpreter.operators import made

Array = np.ndarray[Any, Any]
Function = Callable[..., Any]
_HINTS = frozenset(("eviction_policy", "cache_modifier"))  # they change no value
_PRODUCT = frozenset(("allow_tf32", "out_dtype"))  # products are in float32 here, as with allow_tf32=False
# Blocks that depend on nothing but their key; nothing may write to them.
_ranges: dict[tuple[int, int], Array] = {}
_filled: dict[tuple[tuple[int, ...], str, str], Array] = {}
_fillers: dict[tuple[str, str], Any] = {}


def _within(inner: Array, outer: Array) -> bool:
    """Whether two blocks broadcast to the shape of the second one; a scalar is none."""
    if inner.ndim != outer.ndim or outer.ndim == 1:
        return False
    return all(n == m or n == 1 for n, m in zip(inner.shape[1:], outer.shape[1:], strict=True))


def _pointee(pointer: Any) -> Any:
    """The element type of a block of pointers; None for whatever else, and for truth values, which are bytes."""
    if not isinstance(pointer, tl.tensor) or pointer.handle.data.ndim == 1 or not pointer.dtype.is_ptr():
        return None
    kind = pointer.dtype.element_ty
    return None if kind is tl.int1 or kind.is_block() else kind


def _masks(mask: Any, data: Array) -> bool:
    return mask is None or (isinstance(mask, tl.tensor) and mask.dtype is tl.int1 and _within(mask.handle.data, data))


def _filler(other: Any, kind: Any, data: Array) -> Any:
    """The handle of what inactive lanes hold, None for nothing; NotImplemented where it has to be converted."""
    if other is None:
        return None
    if isinstance(other, tl.tensor):
        return other.handle if other.dtype is kind and _within(other.handle.data, data) else NotImplemented
    if type(other) not in (int, float) or numpy_dtype(kind).kind != "f":
        return NotImplemented
    key = (kind.name, repr(other))
    if key not in _fillers:
        _fillers[key] = made(np.array([other], numpy_dtype(kind)), kind).handle
    return _fillers[key]


def _load(long_way: Function) -> Function:
    @functools.wraps(long_way)
    def load(pointer: Any, mask: Any = None, other: Any = None, *rest: Any, **options: Any) -> Any:
        kind = _pointee(pointer)
        if kind is not None and not rest and _HINTS.issuperset(options) and (mask is not None or other is None):
            data = pointer.handle.data
            filler = _filler(other, kind, data)
            if filler is not NotImplemented and _masks(mask, data):
                lanes = None if mask is None else mask.handle
                found = memory.masked_load(interpreter_builder, pointer.handle, lanes, filler, None, None, False)
                return made(found.data, kind)
        return long_way(pointer, mask, other, *rest, **options)

    return load


def _store(long_way: Function) -> Function:
    @functools.wraps(long_way)
    def store(pointer: Any, value: Any, mask: Any = None, *rest: Any, **options: Any) -> Any:
        kind = _pointee(pointer)
        if kind is not None and not rest and _HINTS.issuperset(options) and not pointer.dtype.const:
            data = pointer.handle.data
            given = isinstance(value, tl.tensor) and value.dtype is kind and _within(value.handle.data, data)
            if given and _masks(mask, data):
                lanes = None if mask is None else mask.handle
                return memory.masked_store(interpreter_builder, pointer.handle, value.handle, lanes, None, None)
        return long_way(pointer, value, mask, *rest, **options)

    return store


def _dot(long_way: Function) -> Function:
    @functools.wraps(long_way)
    def dot(input: Any, other: Any, acc: Any = None, *rest: Any, **options: Any) -> Any:
        factors = (input, other) if acc is None else (input, other, acc)
        single = all(isinstance(factor, tl.tensor) and factor.dtype is tl.float32 for factor in factors)
        if single and not rest and _PRODUCT.issuperset(options) and options.get("out_dtype", tl.float32) is tl.float32:
            left, right = input.handle.data, other.handle.data
            if left.ndim == right.ndim == 3 and left.shape[2] == right.shape[1]:
                product = np.matmul(left, right)
                if acc is None:
                    return made(product, tl.float32)
                if acc.handle.data.shape[1:] == product.shape[1:]:
                    return made(product + acc.handle.data, tl.float32)
        return long_way(input, other, acc, *rest, **options)

    return dot


def _value(given: Any) -> Any:
    return given.value if isinstance(given, tl.constexpr) else given


def _arange(long_way: Function) -> Function:
    @functools.wraps(long_way)
    def arange(start: Any, end: Any, **options: Any) -> Any:
        key = (_value(start), _value(end))
        if options or type(key[0]) is not int or type(key[1]) is not int:
            return long_way(start, end, **options)
        if key not in _ranges:
            _ranges[key] = long_way(start, end).handle.data
            _ranges[key].flags.writeable = False
        return made(_ranges[key], tl.int32)

    return arange


def _full(long_way: Function) -> Function:
    @functools.wraps(long_way)
    def full(shape: Any, value: Any, dtype: Any, **options: Any) -> Any:
        sizes, kind, number = tuple(_value(n) for n in shape), _value(dtype), _value(value)
        if options or not sizes or type(number) not in (int, float) or not isinstance(kind, tl.dtype):
            return long_way(shape, value, dtype, **options)
        key = (sizes, kind.name, repr(number))
        if key not in _filled:
            _filled[key] = long_way(shape, value, dtype).handle.data
            _filled[key].flags.writeable = False
        return made(_filled[key], kind)

    return full


def _to(long_way: Function) -> Function:
    @functools.wraps(long_way)
    def to(self: Any, dtype: Any, *rest: Any, **options: Any) -> Any:
        if dtype is self.dtype and not rest and not options:
            return self
        return long_way(self, dtype, *rest, **options)

    return to


def install() -> None:
    """Give `triton.language` this file's functions; after `interpreter._patch_lang`, whose own they fall back on."""
    makers = {"load": _load, "store": _store, "dot": _dot, "arange": _arange, "full": _full}
    for name, maker in makers.items():
        if not hasattr(tl, name) or not hasattr(tl.core, name):
            raise RuntimeError(f"triton {triton.__version__} has no tl.{name}")
        replaced = maker(getattr(tl, name))
        for module in (tl, tl.core):
            setattr(module, name, replaced)
    setattr(tl.tensor, "to", _to(tl.tensor.to))  # noqa: B010 - mypy takes methods as fixed
