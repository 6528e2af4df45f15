"""What takes the place of the CUDA device in the Python code around the kernels.

Under `OnCpu` whoever asks for a CUDA tensor gets a CPU one, and the names that Inductor's text takes from torch
(private; read in torch 2.11.0 and 2.13.0) answer for a CPU.  Fresh memory holds NaN, or a number nobody expects.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

import torch
import torch._inductor.select_algorithm  # where the text finds extern_kernels
import triton.language as tl
from torch._C._dynamo import guards
from torch._inductor.runtime import triton_helpers
from torch.overrides import TorchFunctionMode

from validators.proof.interpreter import libdevice


def unwritten(dtype: torch.dtype) -> Any:
    """What memory holds that nobody has written: NaN, a large odd integer, True."""
    if dtype.is_floating_point or dtype.is_complex:
        return float("nan")
    return True if dtype is torch.bool else int(torch.iinfo(dtype).max // 3 * 2)


def _empty_strided(size: Sequence[int], stride: Sequence[int], dtype: torch.dtype) -> torch.Tensor:
    return _filled(torch.empty_strided(tuple(size), tuple(stride), dtype=dtype))


def _filled(made: torch.Tensor) -> torch.Tensor:
    """All of a fresh tensor's memory set to what nobody has written."""
    line = torch.as_strided(made, (made.untyped_storage().size() // made.element_size(),), (1,))
    line.fill_(unwritten(made.dtype))
    return made


def _assert_size_stride(tensor: torch.Tensor, size: Sequence[int], stride: Sequence[int], what: str = "") -> None:
    """As the real one; but a library kernel's result, whose strides differ on CPU, is laid out as asked for."""
    if tuple(tensor.shape) != tuple(size):
        raise AssertionError(f"{what or 'tensor'} has size {tuple(tensor.shape)}, expected {tuple(size)}")
    if all(n <= 1 or have == want for n, have, want in zip(size, tensor.stride(), stride, strict=True)):
        return
    if not what.startswith("torch.ops"):
        raise AssertionError(f"{what or 'tensor'} has strides {tensor.stride()}, expected {tuple(stride)}")
    laid_out = torch.empty_strided(tuple(size), tuple(stride), dtype=tensor.dtype).copy_(tensor)
    tensor.set_(laid_out.untyped_storage(), 0, laid_out.shape, laid_out.stride())


def _nothing(*_: Any, **__: Any) -> None:
    """A question to the device that has no answer without one."""


def _itself(tensor: Any) -> Any:
    return tensor


class OnCpu(TorchFunctionMode):
    """Whoever names a CUDA device means the CPU."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is torch.Tensor.cuda:
            return args[0]
        kwargs = kwargs or {}
        if "device" in kwargs and _is_cuda(kwargs["device"]):
            kwargs = kwargs | {"device": torch.device("cpu")}
            if func is torch.empty_strided:
                return _filled(func(*args, **kwargs))
        if func is torch.Tensor.to:
            args = tuple(torch.device("cpu") if _is_cuda(a) else a for a in args)
        return func(*args, **kwargs)


def _is_cuda(value: Any) -> bool:
    return (isinstance(value, torch.device) and value.type == "cuda") or (
        isinstance(value, str) and value.split(":")[0] == "cuda"
    )


def install() -> None:
    """Put the stand-ins into torch.  Raises RuntimeError where one of the names is not where it was."""
    functions = libdevice.make()
    replaced: list[tuple[Any, str, Any]] = [
        (guards, "_empty_strided_cuda", _empty_strided),
        (guards, "assert_size_stride", _assert_size_stride),
        (guards, "assert_alignment", _nothing),  # CPU memory is aligned as the CPU likes it
        (triton_helpers, "set_driver_to_gpu", _nothing),
        (triton_helpers, "libdevice", functions),
        (tl.extra, "libdevice", functions),
        (torch.cuda, "device", contextlib.nullcontext),
        (torch.cuda, "device_of", contextlib.nullcontext),
        (torch.cuda, "_DeviceGuard", contextlib.nullcontext),
        (torch.cuda, "set_device", _nothing),
    ]
    for module, name, stand_in in replaced:
        if not hasattr(module, name):
            raise RuntimeError(f"torch {torch.__version__} has no {module.__name__}.{name}")
        setattr(module, name, stand_in)
    vars(guards).update(copy_if_misaligned=_itself, copy_misaligned=_itself)  # torch 2.13 and 2.12; 2.11 has no such
    vars(torch._C)["_cuda_getCurrentRawStream"] = _nothing  # only in CUDA builds
