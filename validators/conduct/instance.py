"""The program's side of stage EAGER: one import of the program with one model, which is made, fed and run on request.

It answers with tensors and notes and decides nothing: `eager` and `honesty` do, from the answers of several instances.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Container, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from validators.conduct.executed import record
from validators.conduct.observing import FreshMemory, Subclasses, Watch, subclass
from validators.errors import describe, is_out_of_memory
from validators.loading import Loaded, Refused, tensors
from validators.verdict import Reason


@dataclass(frozen=True)
class Made:
    """What making a model showed.  Everything but `inputs` is JSON data, here and in `Ran`."""

    inputs: list[Any]
    state: dict[str, int]  # a checksum of each parameter and buffer
    parameters: int  # elements
    notes: dict[str, str]


@dataclass(frozen=True)
class Ran:
    """What one forward pass showed.  `inputs` are those it was given, as it left them."""

    output: Any
    inputs: list[Any]
    notes: dict[str, str]
    counts: dict[str, int] = field(default_factory=dict)
    events: list[str] = field(default_factory=list)
    reads: list[list[int]] = field(default_factory=list)  # for each event: the earlier ones whose results it was given


class Instance:
    """`filling` is what fresh memory holds while the program works, 0 or 1 (see `observing.FreshMemory`)."""

    def __init__(self, loaded: Loaded, filling: int) -> None:
        self.loaded = loaded
        self.filling = filling
        self.model = nn.Module()

    def make(self, seed: int) -> Made:
        """Build model and inputs from `seed`.  Raises Refused."""
        watch = Watch()
        with torch.no_grad(), FreshMemory(self.filling), watch, Subclasses() as subclasses:
            _seed(seed)
            self.model = self.loaded.build()
            inputs = self.loaded.inputs()
        found = [subclass(t) for t in [*self.model.parameters(), *self.model.buffers(), *tensors(inputs)]]
        notes = {
            "asked": watch.asked,
            "evaded": watch.evaded or _marked(self.model),
            "subclass": next(filter(None, [*found, subclasses.found]), ""),
            "training": _training(self.model),
        }
        count = sum(p.numel() for p in self.model.parameters() if not _is_lazy(p))
        return Made(inputs, dict(_checksums(self.model)), count, notes)

    def draw(self, seed: int) -> list[Any]:
        """Further inputs.  Raises Refused."""
        with torch.no_grad(), FreshMemory(self.filling):
            _seed(seed)
            return self.loaded.inputs()

    def run(self, inputs: list[Any], seed: int, recording: bool = False, training: bool = False) -> Ran:
        """One forward pass, without gradients; `training` leaves eval mode for it.  Raises Refused."""
        counts: dict[str, int] = {}
        events: list[str] = []
        reads: list[list[int]] = []
        before = _visible_state(self.model)
        watch, subclasses = Watch(reseeding=True), Subclasses()
        with torch.no_grad(), ExitStack() as stack:
            if training:
                nn.Module.train(self.model)
                stack.callback(nn.Module.eval, self.model)
            for context in (FreshMemory(self.filling), subclasses, watch):
                stack.enter_context(context)
            _seed(seed)
            try:
                if recording:
                    output, counts, events, reads = record(self.model, inputs)
                else:
                    output = self.model(*inputs)
            except Exception as error:
                reason = Reason.OUT_OF_MEMORY if is_out_of_memory(error) else Reason.FORWARD_ERROR
                raise Refused(reason, describe(error)) from error
        after = _visible_state(self.model)
        changed = [name for name, value in before.items() if after.get(name) != value]
        notes = {
            "asked": watch.asked,
            "evaded": watch.evaded,
            "reseeded": watch.reseeded,
            "subclass": next(filter(None, [*map(subclass, tensors(output)), subclasses.found]), ""),
            "training": "" if training else _training(self.model),
            "changed": changed[0] if changed else "",
            "patched": self.loaded.patched(),
            "alias": _alias(output, inputs),
        }
        return Ran(output, inputs, notes, counts, events, reads)

    def another(self, filling: int) -> Instance:
        """The program imported anew, where it lets itself be imported twice."""
        current = sys.modules.get(self.loaded.namespace.__name__)
        try:
            return Instance(self.loaded.again(), filling)
        except Refused:  # it registers something by name; its model is new all the same
            return Instance(self.loaded, filling)
        finally:
            if current is not None:
                sys.modules[self.loaded.namespace.__name__] = current


def _seed(seed: int) -> None:
    """Every generator that a program may use without naming one."""
    torch.manual_seed(seed)
    random.seed(seed)
    if (numpy := sys.modules.get("numpy")) is not None:
        numpy.random.seed(seed % (1 << 32))


def _is_lazy(tensor: torch.Tensor) -> bool:
    return bool(torch.nn.parameter.is_lazy(tensor))


def _named(model: nn.Module) -> Iterator[tuple[str, torch.Tensor]]:
    for name, tensor in [*model.named_parameters(), *model.named_buffers()]:
        if not _is_lazy(tensor):
            yield name, tensor


def _checksums(model: nn.Module, names: Container[str] | None = None) -> Iterator[tuple[str, int]]:
    for name, tensor in _named(model):
        if names is not None and name not in names:
            continue
        if tensor.layout == torch.strided and not tensor.is_quantized and not tensor.is_meta:
            yield name, _checksum(tensor.detach())


def _checksum(tensor: torch.Tensor) -> int:
    octets = torch.view_as_real(tensor) if tensor.is_complex() else tensor
    octets = octets.contiguous().reshape(-1).view(torch.uint8)
    words = octets[: octets.numel() // 4 * 4].view(torch.int32)
    return int(words.sum(dtype=torch.int64)) + int(octets[words.numel() * 4 :].sum(dtype=torch.int64))


def _visible_state(model: nn.Module) -> dict[str, Any]:
    """What a call of `forward` has to leave alone: parameters, buffers, and the numbers that modules hold.

    torch's own running statistics change without a new version, so buffers, which are small, are looked into.
    """
    state: dict[str, Any] = {name: (id(tensor), tensor._version) for name, tensor in _named(model)}
    buffers = {name for name, _ in model.named_buffers()}
    state |= {f"buffer {name}": value for name, value in _checksums(model, buffers)}
    for path, module in model.named_modules():
        for name, value in vars(module).items():
            if type(value) in (int, float, bool, str):
                state[f"{path}.{name}".removeprefix(".")] = value
    return state


def _training(model: nn.Module) -> str:
    """The name of a module that is in training mode, though all were told otherwise."""
    for path, module in model.named_modules():
        if module.training:
            return path or type(module).__name__
    return ""


def _marked(model: nn.Module) -> str:
    """A module whose `forward` carries the compiler's mark for functions to leave alone."""
    for path, module in model.named_modules():
        if getattr(module.forward, "_torchdynamo_disable", False) and type(module).__module__.split(".")[0] != "torch":
            return f"disable() on {path or type(module).__name__}.forward"
    return ""


def _alias(output: Any, inputs: list[Any]) -> str:
    """Says so where every tensor of the output lies in an input's memory."""
    given = {t.untyped_storage().data_ptr(): index for index, t in enumerate(tensors(inputs)) if _has_memory(t)}
    found = [given.get(t.untyped_storage().data_ptr()) if _has_memory(t) else None for t in tensors(output)]
    if not found or None in found:
        return ""
    return f"input {found[0]}"


def _has_memory(tensor: torch.Tensor) -> bool:
    return tensor.layout == torch.strided and not tensor.is_meta and tensor.numel() > 0
