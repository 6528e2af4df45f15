"""From a program's text to live objects: its namespace, its constructor arguments, its inputs, its model."""

from __future__ import annotations

import inspect
import linecache
import sys
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from validators.conduct.observing import remembered
from validators.errors import PROGRAM_MODULE, describe, is_out_of_memory
from validators.fake import is_fake_only
from validators.verdict import Program, Reason

PAIR_MODULE = "synth_pair"  # the Triton side, where it is run


class Refused(Exception):  # noqa: N818 - a verdict on its way out, not an error of ours
    """Raised inside a stage to turn the program down with a reason and a detail."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True)
class Loaded:
    """An imported program."""

    namespace: types.ModuleType
    entry_point: str
    source: str = ""
    #: names one of torch's functions that the program has put something else in the place of, or ""
    patched: Callable[[], str] = lambda: ""

    def again(self) -> Loaded:
        """The program imported once more: nothing that the first import's functions remember is known to it."""
        return load(Program(self.source, self.entry_point))

    def init_inputs(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Constructor arguments.  `get_init_inputs()` may return `[args, kwargs]` or, as KernelBench does, args."""
        value = _call(self.namespace.get_init_inputs, "get_init_inputs()", Reason.INPUTS_ERROR)
        if isinstance(value, list | tuple):
            if len(value) == 2 and isinstance(value[0], list | tuple) and isinstance(value[1], dict):
                split = tuple(value[0]), dict(value[1])
                # A constructor that takes a list and a dict is given just that by KernelBench's form.
                if self._fits(*split[0], **split[1]) or not self._fits(*value):
                    return split
            return tuple(value), {}
        if isinstance(value, dict):
            return (), dict(value)
        raise Refused(Reason.BAD_INPUTS, f"get_init_inputs() returned {type(value).__name__}, not a list")

    def _fits(self, *args: Any, **kwargs: Any) -> bool:
        try:
            inspect.signature(getattr(self.namespace, self.entry_point)).bind(*args, **kwargs)
        except (TypeError, ValueError):
            return False
        return True

    def build(self) -> nn.Module:
        """The model, in eval mode."""
        args, kwargs = self.init_inputs()
        cls = getattr(self.namespace, self.entry_point)
        model = _call(lambda: cls(*args, **kwargs), f"{self.entry_point}(...)", Reason.INIT_ERROR)
        if not isinstance(model, nn.Module):
            raise Refused(Reason.NO_ENTRY_POINT, f"{self.entry_point} is not an nn.Module")
        return model.eval()

    def inputs(self) -> list[Any]:
        """What `get_inputs()` returns, checked: a list or tuple that holds at least one tensor."""
        value = _call(self.namespace.get_inputs, "get_inputs()", Reason.INPUTS_ERROR)
        if isinstance(value, torch.Tensor):
            return [value]
        if not isinstance(value, list | tuple):
            raise Refused(Reason.BAD_INPUTS, f"get_inputs() returned {type(value).__name__}, not a list")
        if not any(True for _ in tensors(value)):
            raise Refused(Reason.BAD_INPUTS, "get_inputs() returned no tensor")
        return list(value)


def without_fused_transformers() -> None:
    """Keep `nn.TransformerEncoderLayer` and its kin from calling their one fused kernel in eval mode.

    It has no Triton code and no meta kernel, and its sums run in another order than the layer's own operators.
    """
    torch.backends.mha.set_fastpath_enabled(False)


def load(program: Program) -> Loaded:
    """Execute the program's text as a module.  Raises Refused(IMPORT_ERROR)."""
    without_fused_transformers()
    patched = remembered()
    namespace = types.ModuleType(PROGRAM_MODULE)
    filename = f"<{program.entry_point}>"
    namespace.__file__ = filename
    sys.modules[PROGRAM_MODULE] = namespace
    # Tracebacks and Dynamo look source up by file name.
    linecache.cache[filename] = (len(program.source), None, program.source.splitlines(True), filename)
    _call(
        lambda: exec(compile(program.source, filename, "exec"), namespace.__dict__),
        "importing the program",
        Reason.IMPORT_ERROR,
    )
    return Loaded(namespace, program.entry_point, program.source, patched)


def _call(function: Callable[[], Any], what: str, reason: Reason) -> Any:
    try:
        return function()
    except Refused:
        raise
    except Exception as error:
        if is_out_of_memory(error):
            raise Refused(Reason.OUT_OF_MEMORY, f"{what}: {describe(error)}") from error
        if is_fake_only(error):
            raise
        raise Refused(reason, f"{what}: {describe(error)}") from error


def tensors(value: Any) -> Iterator[torch.Tensor]:
    """Every tensor in nested lists, tuples and dicts, in order."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from tensors(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from tensors(item)


def duplicate(tensor: torch.Tensor) -> torch.Tensor:
    """A copy with the same strides, gaps included; `Tensor.clone` closes those that slicing leaves.

    Elements that share memory (an expanded axis) are copied apart, as `clone` does.
    """
    made = torch.clone(tensor)
    if made.stride() == tensor.stride() or tensor.layout != torch.strided or _overlaps(tensor):
        return made
    return torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device=tensor.device).copy_(tensor)


def _overlaps(tensor: torch.Tensor) -> bool:
    """Whether two elements may share memory: an axis steps less far than what the axes inside it span."""
    reach = 0
    for stride, size in sorted(zip(tensor.stride(), tensor.shape, strict=True)):
        if size > 1:
            if stride <= reach:
                return True
            reach += stride * (size - 1)
    return False


def map_tensors(function: Callable[[torch.Tensor], Any], value: Any) -> Any:
    """The same nest of lists, tuples and dicts with `function` applied to each tensor."""
    if isinstance(value, torch.Tensor):
        return function(value)
    if isinstance(value, dict):
        return {key: map_tensors(function, item) for key, item in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(map_tensors(function, item) for item in value))
    if isinstance(value, list | tuple):
        return type(value)(map_tensors(function, item) for item in value)
    return value
