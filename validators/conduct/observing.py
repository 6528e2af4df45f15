"""What a program does that its outputs do not show, seen while it runs.

This runs in the program's own process, so a program that wants to can blind it; what is decided here is which reason a
dishonest program is turned down for.  That it cannot be kept is the business of `numerics`, which compares processes.

`FreshMemory`  fills memory that nobody has written to with a value of our choice
`Watch`        hears of every Python call: questions about the compiler, ways around it, new seeds in `forward`
`Subclasses`   sees the types of all tensors that torch functions are given
`remembered`   says which functions of torch, of Python and of ours have been replaced
"""

from __future__ import annotations

import builtins
import gc
import json
import os
import sys
import time
import types
from collections.abc import Callable
from typing import Any

import torch
import torch._dynamo.config  # fake tensors import it when first used, and it wraps torch.manual_seed
import torch.nn.functional as functional
from torch import nn
from torch.nn.parameter import Buffer, Parameter, UninitializedBuffer, UninitializedParameter
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from validators.errors import PROGRAM_MODULE

_aten = torch.ops.aten
_UNWRITTEN = {
    _aten.empty,
    _aten.empty_like,
    _aten.empty_strided,
    _aten.empty_permuted,
    _aten.new_empty,
    _aten.new_empty_strided,
}
# Two fillings of fresh memory, one per run: finite, and in range as an index of almost anything.
_FILLINGS: tuple[tuple[float, int, bool], ...] = ((0.625, 0, False), (-1.375, 1, True))
_PLAIN = (torch.Tensor, Parameter, Buffer, UninitializedParameter, UninitializedBuffer)


class FreshMemory(TorchDispatchMode):
    """Memory from `torch.empty` and its kin holds filling 0 or 1: what reads it differs between the two."""

    def __init__(self, filling: int) -> None:
        super().__init__()
        self.real, self.whole, self.truth = _FILLINGS[filling]

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        before = args[0].numel() if func.overloadpacket is _aten.resize_ else 0
        output = func(*args, **(kwargs or {}))
        if func.overloadpacket in _UNWRITTEN:
            self._fill(output)
        elif func.overloadpacket is _aten.resize_ and output.is_contiguous() and output.numel() > before:
            self._fill(output.view(-1)[before:])
        return output

    def _fill(self, tensor: torch.Tensor) -> None:
        if type(tensor) is not torch.Tensor or tensor.is_meta or tensor.layout != torch.strided:
            return
        if tensor.dtype == torch.bool:
            tensor.fill_(self.truth)
        elif tensor.is_floating_point() or tensor.is_complex():
            tensor.fill_(self.real)
        elif not tensor.is_quantized:
            tensor.fill_(self.whole)


# Python functions by name; they count when they are torch's and the program itself calls them.
_ASKS = {"is_compiling", "is_dynamo_compiling", "is_exporting"}
_EVADES = {
    "allow_in_graph",
    "assume_constant_result",
    "disable",
    "disallow_in_graph",
    "forbid_in_graph",
    "graph_break",
    "nonstrict_trace",
    "skip_frame",
    "step_unsupported",
    "substitute_in_graph",
}
_EVADES_IN = ("torch.compiler", "torch._dynamo", "torch._compile")
_RESEEDS = {"manual_seed", "seed", "set_rng_state"}
_WRAPPERS = ("torch._compile", "torch._dynamo.eval_frame", "contextlib")  # torch's own decorators stand in between


class Watch:
    """A context in which the program's calls of telling functions are noted: `asked`, `evaded`, `reseeded`.

    `reseeding` says whether a new seed counts: only what `forward` does with it is anybody's concern.
    """

    def __init__(self, reseeding: bool = False) -> None:
        self.reseeding = reseeding
        self.asked = self.evaded = self.reseeded = ""
        self._before: Any = None

    def __enter__(self) -> Watch:
        self._before = sys.getprofile()
        sys.setprofile(self._heard)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(self._before)
        now = _compiler_settings()
        changed = [key for key, value in _SETTINGS.items() if now.get(key) != value]
        if changed:
            self.evaded = self.evaded or f"sets {changed[0]}"

    def _heard(self, frame: types.FrameType, event: str, argument: Any) -> None:
        if event != "call":
            return
        name = frame.f_code.co_name
        if name in _ASKS:
            if _is_ours(frame, ("torch",)):
                self.asked = self.asked or f"{name}()"
        elif name in _EVADES:
            if _is_ours(frame, _EVADES_IN, _WRAPPERS):
                self.evaded = self.evaded or f"{name}()"
        elif self.reseeding and name in _RESEEDS and _is_ours(frame, ("torch.random",), _WRAPPERS):
            self.reseeded = self.reseeded or f"{name}()"


def _is_ours(frame: types.FrameType, packages: tuple[str, ...], between: tuple[str, ...] = ()) -> bool:
    """Whether `frame` runs a function of `packages` that the program called, perhaps with `between` in between."""
    if not str(frame.f_globals.get("__name__", "")).startswith(packages):
        return False
    caller = frame.f_back
    while caller is not None and between and str(caller.f_globals.get("__name__", "")).startswith(between):
        caller = caller.f_back
    return caller is not None and caller.f_globals.get("__name__", PROGRAM_MODULE) == PROGRAM_MODULE


def _compiler_settings() -> dict[str, Any]:
    """Settings that decide whether a program is compiled at all."""
    names = ("suppress_errors", "disable", "error_on_nested_fx_trace")
    return {f"torch._dynamo.config.{name}": getattr(torch._dynamo.config, name, None) for name in names}


_SETTINGS = _compiler_settings()  # as they are before any program runs


class Subclasses(TorchFunctionMode):
    """A context in which tensors of classes that are not torch's own plain ones are noted in `found`."""

    def __init__(self) -> None:
        super().__init__()
        self.found = ""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        for cls in types:
            if cls not in _PLAIN:
                self.found = self.found or cls.__name__
        return func(*args, **(kwargs or {}))


def subclass(tensor: torch.Tensor) -> str:
    """The name of the tensor's class where that is none of torch's plain ones."""
    return "" if type(tensor) in _PLAIN else type(tensor).__name__


_OURS = ("validators.", "operators.")


def _namespaces() -> dict[str, dict[str, Any]]:
    spaces: dict[str, Any] = {f"torch.nn.{name}": cls for name, cls in vars(nn).items() if isinstance(cls, type)}
    spaces |= {"torch.Tensor": torch.Tensor, "torch.linalg": torch.linalg, "torch.overrides": torch.overrides}
    spaces |= {module.__name__: module for module in (torch, nn, functional, builtins, gc, json, os, sys, time)}
    spaces |= {name: module for name, module in list(sys.modules.items()) if name.startswith(_OURS)}
    return {name: dict(vars(space)) for name, space in spaces.items()}


def remembered() -> Callable[[], str]:
    """Take down what names of torch, Python and ours stand for; the function returned finds one that has changed."""
    before = _namespaces()

    def patched() -> str:
        now = _namespaces()
        for space, names in before.items():
            later = now.get(space, {})
            for name, value in names.items():
                # Sub-modules come and go as they are imported; functions and classes do not.
                if callable(value) and name in later and later[name] is not value:
                    return f"{space}.{name}"
        return ""

    return patched
