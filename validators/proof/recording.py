"""The launches of a pair's text: its module runs once on fake CUDA tensors, and every launch is written down.

Nothing is computed.  What a launch is given decides what Triton would compile: types, alignment, numbers that are 1.
Texts of Inductor (`async_compile.triton`) and of older torch (`kernel[grid(n)]`) are run the same way.

Private, read in torch 2.13.0, 2.12.1 and 2.11.0 with triton 3.7.1 and 3.6.0 (`tests/validators/test_recording.py`
fails when they move): `triton.runtime.jit.JITFunction.run`, which `kernel[grid](...)` ends in;
`torch._inductor.async_compile.AsyncCompile.triton`, `.wait`; the names of torch that `_stand_ins` lists, which texts of
Inductor take and which have no meaning, or no fake form, without a device.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from unittest import mock

import torch
from torch._C._dynamo import guards
from torch._inductor.async_compile import AsyncCompile
from torch._inductor.runtime import triton_heuristics
from triton.runtime.jit import JITFunction

from validators import codegen
from validators.emission import launches
from validators.fake import FakeMode
from validators.loading import Loaded
from validators.proof import emitted, grids

# CUDA C++ programming guide, table "Technical Specifications per Compute Capability": maximum dimensions of a grid.
MAX_GRID = ((1 << 31) - 1, 65535, 65535)


@dataclass(frozen=True)
class Recorded:
    """One launch: the kernel, what it was given by position and by name (fake tensors, numbers), and its programs."""

    kernel: Any
    arguments: tuple[Any, ...]
    keywords: dict[str, Any]
    grid: tuple[int, int, int]


def record(triton_code: str, loaded: Loaded) -> list[Recorded]:
    """The launches of one forward pass of `<entry_point>New` in the text, in order.

    `loaded` is the program of the pair.  Raises whatever the text raises.
    """
    found: list[Recorded] = []

    def run(self: Any, *arguments: Any, grid: Any, warmup: bool, **keywords: Any) -> None:
        given = dict(zip(self.arg_names, arguments, strict=False)) | keywords
        found.append(Recorded(self, arguments, keywords, _programs(self.__name__, grid, given)))

    with warnings.catch_warnings(), torch.no_grad(), FakeMode(), _stand_ins():
        warnings.simplefilter("ignore")
        with mock.patch.object(JITFunction, "run", run):
            side = emitted.as_program(emitted.execute(triton_code), loaded)
            with torch.device("cuda"):
                model, inputs, _ = codegen.on_fake_cuda(side)
            model(*inputs)
    return found


def _programs(name: str, grid: Any, given: dict[str, Any]) -> tuple[int, int, int]:
    x, y, z = (*(int(n) for n in (grid(given) if callable(grid) else grid)), 1, 1)[:3]
    if min(x, y, z) < 0 or any(n > most for n, most in zip((x, y, z), MAX_GRID, strict=True)):
        raise ValueError(f"{name} has a grid of {x} x {y} x {z} programs, CUDA launches {MAX_GRID} at most")
    return x, y, z


class _Tuned:
    """A kernel of Inductor's text, launched as it is where nothing is tuned."""

    def __init__(self, name: str, source: str) -> None:
        self.function = launches.define(name, source)
        self.launch = launches.first_launch(self.function)

    def run(self, *arguments: Any, stream: Any = None) -> None:
        names = [*self.launch.parameters, *self.launch.extra]
        numbers = {name: v for name, v in zip(names, arguments, strict=True) if isinstance(v, int)}
        given = arguments[: len(self.launch.parameters)]
        grid = self.launch.grid(numbers)
        self.function.fn.run(*given, grid=grid, warmup=False, **self.launch.constants, **self.launch.options)


def _define(self: AsyncCompile, name: str, source: str, device_str: str = "cuda") -> _Tuned:
    return _Tuned(name, source)


def _on_device(size: Sequence[int], stride: Sequence[int], dtype: torch.dtype) -> torch.Tensor:
    return torch.empty_strided(size, stride, dtype=dtype, device="cuda")


def _view(tensor: torch.Tensor, size: Sequence[int], stride: Sequence[int], offset: int = 0) -> torch.Tensor:
    return tensor.as_strided(size, stride, tensor.storage_offset() + offset)


def _nothing(*_: Any, **__: Any) -> None:
    """A question to the device that has no answer without one."""


@contextlib.contextmanager
def _stand_ins() -> Iterator[None]:
    replaced: list[tuple[Any, str, Any]] = [
        (AsyncCompile, "triton", _define),
        (AsyncCompile, "wait", _nothing),
        (guards, "_empty_strided_cuda", _on_device),
        (guards, "_reinterpret_tensor", _view),
        (guards, "assert_alignment", _nothing),
        (guards, "copy_if_misaligned", lambda tensor: tensor),  # torch 2.13
        (guards, "copy_misaligned", lambda tensor: tensor),  # torch 2.12
        (torch._C, "_cuda_getCurrentRawStream", _nothing),
        (torch.cuda, "device_of", contextlib.nullcontext),
        (torch.cuda, "_DeviceGuard", contextlib.nullcontext),
        (torch.cuda, "set_device", _nothing),
        *((triton_heuristics, name, function) for name, function in grids.GONE.items()),
    ]
    with contextlib.ExitStack() as stack:
        for owner, name, stand_in in replaced:
            # Some are there in CUDA builds or in some versions only.
            stack.enter_context(mock.patch.object(owner, name, stand_in, create=True))
        yield
