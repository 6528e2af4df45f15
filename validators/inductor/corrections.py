"""Where Inductor's code computes something other than eager does, or is not made, corrected.

`fractional_max_pool3d` (torch 2.11.0 to 2.13.0, every backend): eager takes the first of a plane's three random samples
for depth, the second for height, the third for width; Inductor's lowering reads them in the order of
`fractional_max_pool2d`, whose first one is for width.  It is given them reversed.

`ops.masked` over a load (torch 2.11.0 to 2.13.0, Triton): no `tl.where` is written, since `tl.load` takes the mask and
the value elsewhere; but a buffer that the same kernel has just computed is not loaded, `CSEProxy.load` answers with the
value in the register, and the mask is lost.  Padding a map of one pixel, fused with what computes it, then gives the
pixel on every side.  The missing `tl.where` is written.

`ShapeEnv.simplify` (torch 2.13.0): of `Max(0, b)` it asks whether `b` is at least 0 without handing on the ranges of a
kernel's indices, and "vr must not be None for symbol q1" ends the compilation of a padded, flattened `rot90`.  What
has a symbol without a range is not known, which is always a right answer to that question.

Private: `torch._inductor.lowering.lowerings`, `torch._inductor.codegen.triton.TritonKernelOverrides.masked`,
`cse.store_cache` and `torch.fx.experimental.symbolic_shapes._maybe_evaluate_static_worker`; if one moves, `corrected`
or the first masked load raises AttributeError.
`tests/validators/test_corrections.py` fails without each of them.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack
from typing import Any
from unittest import mock

import torch
from torch._inductor import lowering
from torch._inductor.codegen.triton import TritonKernelOverrides
from torch._inductor.virtualized import V
from torch._inductor.virtualized import _ops as ops  # those that return variables of the kernel
from torch.fx.experimental import symbolic_shapes

aten = torch.ops.aten


def corrected() -> AbstractContextManager[Any]:
    """While it lasts, Inductor lowers and writes kernels with the corrections of this file."""
    stack = ExitStack()
    stack.enter_context(_samples_in_eager_order())
    stack.enter_context(_masked_registers())
    stack.enter_context(_unknown_without_ranges())
    return stack


def _samples_in_eager_order() -> AbstractContextManager[Any]:
    op = aten.fractional_max_pool3d.default
    original = lowering.lowerings[op]

    def fractional_max_pool3d(x: Any, kernel_size: Any, output_size: Any, random_samples: Any) -> Any:
        reversed_samples = lowering.lowerings[torch.ops.prims.rev.default](random_samples, [2])
        return original(x, kernel_size, output_size, reversed_samples)

    return mock.patch.dict(
        lowering.lowerings, {op: fractional_max_pool3d, aten.fractional_max_pool3d: fractional_max_pool3d}
    )


def _masked_registers() -> AbstractContextManager[Any]:
    original = TritonKernelOverrides.masked

    def masked(mask: Any, body: Any, other: Any) -> Any:
        (output,) = body.graph.find_nodes(op="output")
        results = [node for node in output.args if node.target == "load"]
        # a load's arguments are (ops, name, index)
        kept = any(node.args[1] in V.kernel.cse.store_cache for node in results)
        value = original(mask, body, other)
        if not kept:
            return value
        # in the register's own dtype, so that neither side is promoted
        return ops.where(mask, value, ops.constant(other, value.dtype))

    return mock.patch.object(TritonKernelOverrides, "masked", staticmethod(masked))


def _unknown_without_ranges() -> AbstractContextManager[Any]:
    original = symbolic_shapes._maybe_evaluate_static_worker

    def worker(expr: Any, symbol_info: Any, unbacked_only: bool, size_oblivious: bool) -> Any:
        # (symbol, its range, its value, ...); a symbol with a value has its range from there
        if any(info.vr is None and info.val is None for info in symbol_info):
            return None
        return original(expr, symbol_info, unbacked_only, size_oblivious)

    return mock.patch.object(symbolic_shapes, "_maybe_evaluate_static_worker", worker)
