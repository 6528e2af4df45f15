"""Inline PTX in the interpreter: the instructions that Inductor writes, by their text.

Inductor's `atan` (torch 2.13, `TritonOverrides._cuda_atanf` in `_inductor/codegen/triton.py`) is made of them.  What
they compute is in NVIDIA's PTX ISA 8.7, sections 9.7.3.6 (`fma`) and 9.7.3.13 (`rcp`, whose approximation is within
one unit in the last place of the quotient that stands here).  Other assembly ends in NOT_INTERPRETED.

Replaces `triton.runtime.interpreter.InterpreterBuilder.create_inline_asm` (private; triton 3.6.0 and 3.7.1).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from triton.runtime.interpreter import InterpreterBuilder, TensorHandle

Array = np.ndarray[Any, Any]


def _fma(a: Array, b: Array, c: Array) -> Array:
    # The product of two floats is exact in double precision.
    result: Array = (a.astype(np.float64) * b.astype(np.float64) + c.astype(np.float64)).astype(np.float32)
    return result


def _reciprocal(a: Array) -> Array:
    tiny = np.float32(np.finfo(np.float32).tiny)

    def flushed(x: Array) -> Array:  # `.ftz`: subnormal numbers count as zero
        return np.where(np.abs(x) < tiny, np.copysign(np.float32(0), x), x)

    result: Array = flushed(np.float32(1) / flushed(a))
    return result


INSTRUCTIONS: dict[str, Callable[..., Array]] = {
    "fma.rn.f32 $0, $1, $2, $3;": _fma,
    "rcp.approx.ftz.f32 $0, $1;": _reciprocal,
}


@dataclass(frozen=True)
class _Call:
    result: TensorHandle

    def get_result(self, _: int) -> TensorHandle:
        return self.result


def _create_inline_asm(
    self: Any, assembly: str, constraints: str, values: Sequence[TensorHandle], types: Any, pure: bool, pack: int
) -> _Call:
    instruction = INSTRUCTIONS.get(" ".join(assembly.split()))
    if instruction is None or pack != 1 or not re.fullmatch(r"=f(, ?f)+", constraints):
        raise NotImplementedError(f"inline assembly is not interpreted: {assembly}")
    return _Call(TensorHandle(instruction(*(value.data for value in values)), values[0].dtype))


def install() -> None:
    """Put the table in place.  Raises RuntimeError where the interpreter's method is not where it was."""
    if not hasattr(InterpreterBuilder, "create_inline_asm"):
        raise RuntimeError("triton.runtime.interpreter.InterpreterBuilder has no create_inline_asm")
    InterpreterBuilder.create_inline_asm = _create_inline_asm
