"""Kernel arguments as buffers with virtual addresses: a wrong kernel gets an error, never somebody else's memory.

Triton's interpreter works on raw pointers.  Here the k-th pointer argument of a launch starts at address `k << 40`
instead, addresses count elements of the pointee, and loads, stores and atomics look up the buffer and check the range
of all active lanes first.  An offset that leaves its buffer lands in the gap behind or before it.

Replaces methods of `triton.runtime.interpreter.InterpreterBuilder` (private; read in triton 3.6.0 and 3.7.1).  If one
moves, kernels run on virtual addresses as if they were real ones and crash: `tests/validators/test_interpreter.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
import triton.language as tl
from triton._C.libtriton import ir
from triton.runtime.interpreter import InterpreterBuilder, TensorHandle

from validators.proof.interpreter.arrays import numpy_dtype

Array = np.ndarray[Any, Any]

ADDRESS_BITS = 40
_OFFSET = (1 << ADDRESS_BITS) - 1
#: Lanes that loads and stores may touch for each second of `validation_timeout`: a tenth to a half of that time.
LANES_A_SECOND = 1 << 23
MIN_LANES = 1 << 12  # what an access counts at least: Python takes its time however small it is


class OutOfBounds(Exception):  # noqa: N818 - a finding about the kernel
    """A load, store or atomic touched an element outside of every argument."""


class TooLarge(Exception):  # noqa: N818 - a finding about the program
    """The program would take longer to interpret than its limit of lanes allows."""


#: The pointee of a Triton pointer and the torch type whose elements it may point to.
TYPES: dict[str, tuple[Any, torch.dtype]] = {
    "fp64": (tl.float64, torch.float64),
    "fp32": (tl.float32, torch.float32),
    "fp16": (tl.float16, torch.float16),
    "bf16": (tl.bfloat16, torch.bfloat16),
    "i64": (tl.int64, torch.int64),
    "i32": (tl.int32, torch.int32),
    "i16": (tl.int16, torch.int16),
    "i8": (tl.int8, torch.int8),
    "i1": (tl.int1, torch.bool),
    "u8": (tl.uint8, torch.uint8),
    "u16": (tl.uint16, torch.uint16),
    "u32": (tl.uint32, torch.uint32),
    "u64": (tl.uint64, torch.uint64),
}


@dataclass
class Buffer:
    """One pointer argument: its elements from the first to the last that its geometry reaches."""

    name: str
    elements: Array
    views: dict[Any, Array] = field(default_factory=dict)

    def of(self, dtype: np.dtype[Any]) -> Array:
        """The same bytes as elements of `dtype`."""
        if dtype not in self.views:
            self.views[dtype] = self.elements.view(dtype)
        return self.views[dtype]


class Diverged(BaseException):
    """The programs of the batch cannot go on together: those in `first` and the others.  No kernel can catch it."""

    def __init__(self, first: Array) -> None:
        super().__init__()
        self.first = first


@dataclass
class Memory:
    """The buffers of the launch in progress, its batch of programs (see `lockstep`), and what they have touched."""

    buffers: list[Buffer] = field(default_factory=list)
    lanes: int = 0  # since it was last set to 0
    limit: int = 1 << 30  # of `lanes`
    widest: int = 1  # lanes a program in the widest access since it was last set to 1
    programs: int = 1  # in the batch
    _undone: list[tuple[Array, Array, Array]] = field(default_factory=list)

    def touch(self, data: Array) -> None:
        """Count an access of `data.shape`, the first axis being that of programs.  Raises TooLarge."""
        self.lanes += max(data.size, MIN_LANES)
        self.widest = max(self.widest, data.size // len(data))
        if self.lanes > self.limit:
            raise TooLarge(f"its kernels touch more than {self.limit} elements")

    def begin(self, programs: int) -> None:
        """A batch of so many programs begins."""
        self.programs = programs
        self._undone = []

    def keep(self, elements: Array, index: Array) -> None:
        """Remember what is about to be overwritten, where the batch may have to be undone."""
        if self.programs > 1:
            self._undone.append((elements, index, elements.take(index)))

    def undo(self) -> None:
        """Take back everything that the batch has written."""
        for elements, index, old in reversed(self._undone):
            elements[index] = old

    def one_by_one(self) -> None:
        """What comes next depends on the order of programs: down to single ones.  Raises Diverged."""
        if self.programs > 1:
            raise Diverged(np.arange(self.programs) < self.programs // 2)


MEMORY = Memory()


def flat(tensor: torch.Tensor) -> Array:
    """Every element between the first and the last that the tensor's geometry reaches, as a one-dimensional view."""
    if tensor.numel() == 0:
        extent = 0
    else:
        extent = 1 + sum((n - 1) * abs(s) for n, s in zip(tensor.shape, tensor.stride(), strict=True))
    line = torch.as_strided(tensor.detach(), (extent,), (1,), tensor.storage_offset())
    return (line.view(torch.uint16) if tensor.dtype is torch.bfloat16 else line).numpy()


def pointer(name: str, tensor: torch.Tensor, pointee: str) -> Any:
    """A `tl.tensor` of type pointer for one argument.  Raises TypeError where signature and tensor differ."""
    element, dtype = TYPES[pointee]
    if tensor.dtype is not dtype:
        raise TypeError(f"{name} is declared *{pointee} and is given {tensor.dtype}")
    MEMORY.buffers.append(Buffer(name, flat(tensor)))
    address = np.array([len(MEMORY.buffers) << ADDRESS_BITS], dtype=np.int64)
    kind = tl.pointer_type(element)
    return tl.tensor(TensorHandle(address, kind), kind)


def _locate(pointers: TensorHandle, mask: Array | None) -> tuple[Array, Array] | None:
    """The buffer's elements and the index of each lane (0 in inactive ones); None without an active lane."""
    addresses = pointers.data
    if mask is not None:
        first = int(mask.argmax())
        if not mask.flat[first]:
            return None
        addresses = np.where(mask, addresses, addresses.flat[first])
    low, high = int(addresses.min()), int(addresses.max())
    which = (low + (1 << ADDRESS_BITS - 1)) >> ADDRESS_BITS  # half a gap before the buffer, half a gap behind it
    if not 1 <= which <= len(MEMORY.buffers):
        raise OutOfBounds(f"an access to no argument (address {low})")
    buffer = MEMORY.buffers[which - 1]
    elements = buffer.of(numpy_dtype(pointers.get_element_ty()))
    base = which << ADDRESS_BITS
    if low < base or high - base >= elements.size:
        raise OutOfBounds(f"{buffer.name} has {elements.size} elements; access to {low - base} .. {high - base}")
    return elements, addresses - base


def _together(pointers: TensorHandle, mask: Array) -> tuple[TensorHandle, Array]:
    """Pointers and mask with one lane each for every program that either of them tells apart."""
    data, mask = np.broadcast_arrays(pointers.data, mask)
    return TensorHandle(data, pointers.dtype), mask


def _active(mask: TensorHandle | None) -> Array | None:
    """The mask's lanes; None when all of them are active."""
    if mask is None:
        return None
    data = mask.data if mask.data.dtype == np.bool_ else mask.data.astype(bool)
    return None if data.all() else data


def masked_load(
    self: InterpreterBuilder, ptrs: TensorHandle, mask: Any, other: Any, _cache: Any, _evict: Any, _volatile: Any
) -> TensorHandle:
    """Inactive lanes hold `other`; without one they hold NaN, so that whoever relies on them shows."""
    kind = ptrs.get_element_ty()
    dtype = numpy_dtype(kind)
    lanes = _active(mask)
    if lanes is not None:
        ptrs, lanes = _together(ptrs, lanes)
    MEMORY.touch(ptrs.data)
    found = _locate(ptrs, lanes)
    loaded = np.zeros(ptrs.data.shape, dtype) if found is None else found[0].take(found[1])
    if lanes is not None:
        if other is not None:
            loaded = np.where(lanes, loaded, other.data)
        elif dtype.kind == "f":
            loaded = np.where(lanes, loaded, dtype.type(np.nan))
    return TensorHandle(loaded, kind)


def masked_store(
    self: InterpreterBuilder, ptrs: TensorHandle, value: TensorHandle, mask: Any, _cache: Any, _evict: Any
) -> None:
    lanes = _active(mask)
    if lanes is not None:
        ptrs, lanes = _together(ptrs, lanes)
    MEMORY.touch(ptrs.data)
    found = _locate(ptrs, lanes)
    if found is None:
        return
    elements, index = found
    # Programs that write different values to one place are a race; of those that write the same the last one does.
    index, data = np.broadcast_arrays(index, value.data)
    if lanes is not None:
        lanes = np.broadcast_to(lanes, index.shape)
        index, data = index[lanes], data[lanes]
    MEMORY.keep(elements, index)
    elements[index] = data.astype(elements.dtype, copy=False)


_ADD, _MIN, _MAX = np.add, np.minimum, np.maximum
_ATOMICS: dict[Any, Any] = {
    ir.ATOMIC_OP.ADD: _ADD,
    ir.ATOMIC_OP.FADD: _ADD,
    ir.ATOMIC_OP.MIN: _MIN,
    ir.ATOMIC_OP.UMIN: _MIN,
    ir.ATOMIC_OP.MAX: _MAX,
    ir.ATOMIC_OP.UMAX: _MAX,
    ir.ATOMIC_OP.AND: np.bitwise_and,
    ir.ATOMIC_OP.OR: np.bitwise_or,
    ir.ATOMIC_OP.XOR: np.bitwise_xor,
}


def atomic_rmw(
    self: InterpreterBuilder, operation: Any, ptr: TensorHandle, val: TensorHandle, mask: Any, sem: Any, scope: Any
) -> TensorHandle:
    """Lanes are combined one after another; what is returned is each element before the operation."""
    kind = ptr.get_element_ty()
    if kind is tl.bfloat16:
        raise NotImplementedError("atomics on bfloat16")
    if operation == ir.ATOMIC_OP.XCHG:
        MEMORY.one_by_one()
    every = np.broadcast_shapes(ptr.data.shape, np.shape(mask.data), val.data.shape)
    every = (MEMORY.programs, *every[1:])  # each program adds its own, even where all of them add the same
    ptr, lanes = _together(ptr, np.broadcast_to(np.asarray(mask.data, dtype=bool), every))
    MEMORY.touch(ptr.data)
    found = _locate(ptr, None if lanes.all() else lanes)
    if found is None:
        return TensorHandle(np.zeros(every, numpy_dtype(kind)), kind)
    elements, index = found
    old = elements.take(index)
    where, data = index[lanes], np.broadcast_to(val.data, every)[lanes]
    MEMORY.keep(elements, where)
    if operation == ir.ATOMIC_OP.XCHG:
        elements[where] = data
    else:
        _ATOMICS[operation].at(elements, where, data.astype(elements.dtype))
    return TensorHandle(old, kind)


def atomic_cas(
    self: InterpreterBuilder, ptr: TensorHandle, cmp: TensorHandle, val: TensorHandle, sem: Any, scope: Any
) -> TensorHandle:
    MEMORY.one_by_one()
    MEMORY.touch(ptr.data)
    found = _locate(ptr, None)
    assert found is not None
    elements, index = found
    old = elements.take(index)
    elements[index] = np.where(old == cmp.data, val.data, old)
    return TensorHandle(old, cmp.dtype.scalar)


def _addptr(self: InterpreterBuilder, ptr: TensorHandle, offset: TensorHandle) -> TensorHandle:
    moved = offset.data
    return TensorHandle(ptr.data + (moved.astype(np.int64) if moved.dtype == np.uint64 else moved), ptr.dtype)


def _width(kind: Any) -> int:
    return max(1, kind.primitive_bitwidth // 8)


def _bitcast(self: InterpreterBuilder, src: TensorHandle, dst_type: Any) -> TensorHandle:
    target = dst_type.scalar
    if isinstance(target, tl.pointer_type):
        old, new = _width(src.get_element_ty()), _width(target.element_ty)
        if old == new:
            return TensorHandle(src.data, target)
        base = src.data & ~_OFFSET
        return TensorHandle(base + (src.data - base) * old // new, target)
    return TensorHandle(src.data.view(numpy_dtype(dst_type)), target)


def _plain_load(self: InterpreterBuilder, ptr: TensorHandle, cache: Any, evict: Any, volatile: Any) -> TensorHandle:
    return masked_load(self, ptr, None, None, cache, evict, volatile)


def _plain_store(self: InterpreterBuilder, ptr: TensorHandle, val: TensorHandle, cache: Any, evict: Any) -> None:
    masked_store(self, ptr, val, None, cache, evict)


def _no_descriptors(self: InterpreterBuilder, *_: Any, **__: Any) -> Any:
    raise NotImplementedError("block pointers and tensor descriptors")


def install() -> None:
    """Give the interpreter this file's memory."""
    for name, function in {
        "create_load": _plain_load,
        "create_store": _plain_store,
        "create_masked_load": masked_load,
        "create_masked_store": masked_store,
        "create_atomic_rmw": atomic_rmw,
        "create_atomic_cas": atomic_cas,
        "create_addptr": _addptr,
        "create_bitcast": _bitcast,
        "create_make_block_ptr": _no_descriptors,
        "create_make_tensor_descriptor": _no_descriptors,
    }.items():
        if not hasattr(InterpreterBuilder, name):
            raise RuntimeError(f"triton's interpreter has no {name}")
        setattr(InterpreterBuilder, name, function)
