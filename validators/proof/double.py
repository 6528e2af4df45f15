"""Eager in float64: what a program computes when rounding plays no part."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode  # documented in torch's notes on extending, if underscored

from validators.loading import map_tensors

_WIDE: dict[torch.dtype, torch.dtype] = {
    torch.float16: torch.float64,
    torch.bfloat16: torch.float64,
    torch.float32: torch.float64,
    torch.complex64: torch.complex128,
}


def widened(value: Any) -> Any:
    """Tensors, dtypes and nests of them with single precision made double."""
    if isinstance(value, torch.Tensor):
        return value.to(_WIDE[value.dtype]) if value.dtype in _WIDE else value
    if isinstance(value, torch.dtype):
        return _WIDE.get(value, value)
    if isinstance(value, list | tuple):
        return type(value)(widened(item) for item in value)
    return value


class InDouble(TorchDispatchMode):
    """Every operator computes in double precision, also where the program asks for single by name."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func._schema.is_mutable:  # what it writes to has to stay the same tensor
            return func(*args, **kwargs)
        return func(*(widened(arg) for arg in args), **{key: widened(value) for key, value in kwargs.items()})


def run(model: nn.Module, inputs: list[Any]) -> Any:
    """One forward pass of `model`, whose parameters are float64 already.  Raises whatever the model raises."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        with torch.no_grad(), InDouble():
            return model(*map_tensors(widened, inputs))
    finally:
        torch.set_default_dtype(before)
