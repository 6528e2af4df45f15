"""Matrix products and convolutions as Triton templates, chosen by a formula instead of a stopwatch.

Inductor has Triton templates for these operators, but picks among their configurations by running them.  Here each
operator gets the one configuration that a cost model ranks first, so nothing is ever benchmarked, only that one
configuration's code is generated, and the text is a function of the program and the device target.

Private parts of Inductor, read in torch 2.13.0 and 2.11.0; `tests/validators/test_templates.py` fails when they move:
`choices.InductorChoices._finalize_template_configs`, `.get_conv_configs` and `V.set_choices_handler` (made for
overriding: its docstring says how), `select_algorithm.AlgorithmSelectorCache.__call__` (with one choice it returns
that one without benchmarking), `kernel.mm_plus_mm.tuned_mm_plus_mm`, names in `config`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from typing import Any
from unittest import mock

import torch
import torch._inductor.config
from torch import nn
from torch._inductor import lowering
from torch._inductor.choices import InductorChoices
from torch._inductor.kernel import mm_plus_mm
from torch._inductor.select_algorithm import AlgorithmSelectorCache, TritonTemplateCaller
from torch._inductor.virtualized import V

from validators.inductor import convolution, decompositions, recurrence
from validators.inductor.offline_cuda import DEVICE_TARGETS, DeviceProps
from validators.verdict import Settings

# ATEN stays a candidate for what has no template (float64, empty matrices).  1x1 convolutions are matrix products.
# A constant fused into a template as its input (an RNN's first state) is written with the wrong rank (torch 2.13), so
# nothing is fused in front of templates.
# Splitting the inner dimension (`decompose_k`) would call a library for the parts.
TEMPLATE_CONFIG: dict[str, Any] = {
    "max_autotune_gemm": True,
    "max_autotune_gemm_backends": "TRITON,ATEN",
    "max_autotune_conv_backends": "TRITON,ATEN",
    "conv_1x1_as_mm": True,
    "prologue_fusion": False,
    "benchmark_epilogue_fusion": False,
    "benchmark_fusion": False,
    "autotune_in_subproc": False,
    "triton.num_decompose_k_splits": 0,
}
# Multiply-adds that one thread has unrolled in one step of the inner loop: more only makes LLVM and ptxas slow.
MAX_UNROLLED = 512
MAX_ACCUMULATORS = 64  # registers of a thread that may hold partial sums, of 255
TILE_OVERHEAD = 4096.0  # start and epilogue of a tile, in multiply-adds of one thread block
LOAD_COST = 16.0  # multiply-adds that one element's way from L2 costs


def writing(settings: Settings) -> AbstractContextManager[Any]:
    """How `settings.templates` wants matrix products and convolutions written, while it lasts."""
    if settings.templates == "extern":
        return nullcontext()
    return using_templates(DEVICE_TARGETS[settings.device_target])


def using_templates(device: DeviceProps) -> AbstractContextManager[Any]:
    """While it lasts, Inductor writes matrix products and convolutions as Triton for `device`, and much else besides.

    Scaled dot-product attention is left to Inductor as matrix products and a softmax (the library kernels for it are
    never called).
    """
    stack = ExitStack()
    stack.enter_context(torch._inductor.config.patch(TEMPLATE_CONFIG))
    stack.enter_context(V.set_choices_handler(RankedChoices(device)))
    stack.enter_context(mock.patch.object(AlgorithmSelectorCache, "__call__", _first_template()))
    stack.enter_context(mock.patch.object(mm_plus_mm, "tuned_mm_plus_mm", _two_products))
    stack.enter_context(convolution.lowered())
    stack.enter_context(decompositions.decomposed())
    stack.enter_context(recurrence.whole_layers())
    stack.enter_context(nn.attention.sdpa_kernel(nn.attention.SDPBackend.MATH))
    return stack


def _first_template() -> Callable[..., Any]:
    select = AlgorithmSelectorCache.__call__

    def first(self: Any, name: str, choices: list[Any], *args: Any, **kwargs: Any) -> Any:
        templates: list[Any] = [choice for choice in choices if isinstance(choice, TritonTemplateCaller)]
        return select(self, name, (templates or choices)[:1], *args, **kwargs)

    return first


def _two_products(mat1: Any, mat2: Any, mat3: Any, mat4: Any, *, layout: Any = None) -> Any:
    """`mat1 @ mat2 + mat3 @ mat4` as two kernels: the fused template has no configuration for a short inner one."""
    aten, lowerings = torch.ops.aten, lowering.lowerings
    return lowerings[aten.add](lowerings[aten.mm](mat1, mat2), lowerings[aten.mm](mat3, mat4))


class RankedChoices(InductorChoices):
    """Inductor's choices, where one configuration per template is left: the one ranked first."""

    def __init__(self, device: DeviceProps) -> None:
        super().__init__()
        self.device = device

    def _finalize_template_configs(self, template_choices: dict[str, Any], kernel_inputs: Any, *args: Any) -> list[Any]:
        m, n, k = (int(size) for size in kernel_inputs.mnk_symbolic())
        itemsize = kernel_inputs.dtype().itemsize
        layout = kernel_inputs.output_layout()
        batch = int(layout.size[0]) if len(layout.size) == 3 else 1
        chosen = []
        for candidates in template_choices.values():
            ranked = _best(candidates, lambda c: _tile(c.params.to_kwargs()), self.device, batch, m, n, k, itemsize)
            chosen += ranked
        return chosen

    def get_conv_configs(self, device_type: str | None = "cuda") -> Any:
        generate = super().get_conv_configs(device_type)

        def configs(m: Any, n: Any, k: Any, dtype_size: int, **kwargs: Any) -> Iterator[Any]:
            sizes = int(m), int(n), int(k)
            candidates = generate(*sizes, dtype_size=dtype_size, **kwargs)
            return iter(_best(candidates, _conv_tile, self.device, 1, *sizes, dtype_size))

        return configs


Tile = tuple[int, int, int, int, int]  # BLOCK_M, BLOCK_N, BLOCK_K, stages, warps


def _tile(given: dict[str, Any]) -> Tile | None:
    names = ("BLOCK_M", "BLOCK_N", "BLOCK_K", "num_stages", "num_warps")
    return tuple(int(given[name]) for name in names) if set(names) <= given.keys() else None  # type: ignore[return-value]


def _conv_tile(config: Any) -> Tile | None:
    # Inductor runs its convolution templates with at most 4 warps where their loop is not unrolled (triton#1254).
    return _tile({**config.kwargs, "num_stages": config.num_stages, "num_warps": min(config.num_warps, 4)})


def _best(
    candidates: Iterable[Any],
    tile_of: Callable[[Any], Tile | None],
    device: DeviceProps,
    batch: int,
    m: int,
    n: int,
    k: int,
    itemsize: int,
) -> list[Any]:
    """The cheapest candidate as a list of one; the first one where none has a tile (library calls have none)."""
    given = list(candidates)
    tiles = [(tile_of(candidate), candidate) for candidate in given]
    ranked = [(cost(tile, device, batch, m, n, k, itemsize), place) for place, (tile, _) in enumerate(tiles) if tile]
    return [given[min(ranked)[1]]] if ranked else given[:1]


def cost(tile: Tile, device: DeviceProps, batch: int, m: int, n: int, k: int, itemsize: int) -> float:
    """Estimated time of a product of `batch` times (m, k) and (k, n), in multiply-adds of one thread block.

    Tiles are computed in waves over the multiprocessors; each costs its multiply-adds or its loads, whichever take
    longer (the roofline), and a constant.  What does not fit the device is infinitely expensive.
    """
    block_m, block_n, block_k, stages, warps = tile
    threads = 32 * max(warps, 1)
    shared = (block_m + block_n) * block_k * itemsize * stages
    products = block_m * block_n
    if shared > device.shared_memory_per_block_optin or products > MAX_ACCUMULATORS * threads:
        return float("inf")
    if itemsize == 4 and products * block_k > MAX_UNROLLED * threads:
        return float("inf")
    waves = -(-(-(-m // block_m) * -(-n // block_n) * batch) // device.multi_processor_count)
    steps = max(-(-k // block_k), 1)
    work = max(products, LOAD_COST * (block_m + block_n)) * block_k * steps / threads * 128
    return waves * (work + TILE_OVERHEAD * 128 / threads)
