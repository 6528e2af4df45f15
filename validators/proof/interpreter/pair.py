"""A pair's text as a live module in the interpreter, and its runs."""

from __future__ import annotations

import types
from typing import Any

import torch
from torch import nn

from validators.loading import Loaded
from validators.proof import emitted
from validators.proof.interpreter import kernels, memory
from validators.proof.interpreter.host import OnCpu


def execute(triton_code: str) -> types.ModuleType:
    """The text, executed as it stands, as a module.  Raises whatever it raises."""
    with OnCpu():
        module = emitted.execute(triton_code)
    kernels.ACTIVITY = kernels.Activity()
    memory.MEMORY.lanes = 0
    return module


def build(module: types.ModuleType, loaded: Loaded) -> nn.Module:
    """`<entry_point>New`, in eval mode, from the program's own constructor arguments."""
    args, kwargs = loaded.init_inputs()
    with OnCpu():
        made = getattr(module, f"{loaded.entry_point}New")(*args, **kwargs)
    assert isinstance(made, nn.Module)
    return made.eval()


def run(model: nn.Module, inputs: list[Any], split: bool) -> Any:
    """One forward pass; `split` as in `blocks.choose`, which only Inductor's own text (`async_compile`) asks."""
    kernels.ACTIVITY.split = split
    with torch.no_grad(), OnCpu():
        return model(*inputs)
