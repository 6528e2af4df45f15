"""What a forward pass really ran, counted while it runs.

A `TorchFunctionMode` sees every torch function and tensor method; global module hooks see every module.
What happens inside a module that torch itself ships belongs to that module (`nn.Conv2d` counts as `M:Conv2d`,
not also as `F:conv2d`), so nothing is counted twice.  `operators` declares which of these events stand for which
operator.
"""

from __future__ import annotations

import sys
import types
from collections import Counter
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.overrides import TorchFunctionMode
from torch.utils.weak import WeakTensorKeyDictionary

# Modules whose children are the program's own affair: what runs inside them is counted as usual.
_CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)
_HOLDERS = (nn.ModuleList, nn.ModuleDict, nn.ParameterList, nn.ParameterDict)

# By identity: a program can call a class of its own whatever it likes.
_TORCH_CLASSES = {
    value
    for name, module in list(sys.modules.items())
    if name.startswith("torch.nn")
    for value in vars(module).values()
    if isinstance(value, type) and value.__module__.startswith("torch.nn")
}

# Questions about a tensor rather than work on it.
_ATTRIBUTES = {
    "get",
    "set",
    "dim",
    "size",
    "stride",
    "numel",
    "is_floating_point",
    "is_complex",
    "len",
    "nelement",
}


def torch_class(module: nn.Module) -> str:
    """The name of the first class torch ships in the module's MRO; `Module` for a plain user-defined one."""
    for cls in type(module).__mro__:
        if cls in _TORCH_CLASSES:
            return cls.__name__
    return "Module"


def _is_programs(func: Any) -> bool:
    """Whether a function that claims to be torch's was written by the program."""
    return isinstance(func, types.FunctionType) and not str(func.__globals__.get("__name__")).startswith("torch")


class _FunctionCounter(TorchFunctionMode):
    def __init__(self, recorder: _Recorder) -> None:
        super().__init__()
        self.recorder = recorder

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        # The mode is off while `func` runs, so only the outermost call of a nest is seen.
        before = len(self.recorder.signature)
        if not _is_programs(func):
            self.recorder.saw_function(func, args, kwargs)
        output = func(*args, **(kwargs or {}))
        if len(self.recorder.signature) > before:
            self.recorder.gave(before, output)
        self.recorder.made(func, args, output)
        return output


class _ChannelShuffles:
    """Recognises a channel shuffle written by hand, as it often is: split the channels, swap, join again."""

    def __init__(self) -> None:
        self.before: torch.Size | None = None
        self.swapped: torch.Size | None = None

    def step(self, name: str, args: Any, output: Any) -> bool:
        """True when this call completes one."""
        if not (isinstance(output, torch.Tensor) and args and isinstance(args[0], torch.Tensor)):
            return False
        given, made = args[0].shape, output.shape
        if name in ("view", "reshape") and self.swapped is not None and given == self.swapped:
            completed = made == self.before
            self.before = self.swapped = None
            return completed
        if name in ("view", "reshape", "unflatten") and made[3:] == given[2:] and made[:1] == given[:1]:
            self.before, self.swapped = given, None
        elif name in ("transpose", "permute", "swapaxes", "swapdims") and self.before is not None:
            self.swapped = made if made == given[:1] + given[2:3] + given[1:2] + given[3:] else None
        elif name != "contiguous":
            self.before = self.swapped = None
        return False


class _Recorder:
    def __init__(self, root: nn.Module) -> None:
        self.root = root
        self.counts: Counter[str] = Counter()
        self.signature: list[str] = []
        self.reads: list[list[int]] = []  # for each of `signature`: the earlier ones whose results it was given
        self.makers: Any = WeakTensorKeyDictionary()  # tensor: the events that it came out of
        self.open: list[tuple[nn.Module, int]] = []  # modules that are running now, with their events
        self.inside: list[nn.Module] = []  # torch's own modules that are running now, outermost first
        self.ran: set[int] = set()
        self.used: set[int] = set()
        self.shuffles = _ChannelShuffles()

    def enter(self, module: nn.Module, args: Any) -> None:
        if self.inside:
            self.inside.append(module)
            return
        name = torch_class(module)
        self.ran.add(id(module))
        if module is not self.root or name != "Module":
            self.open.append((module, len(self.signature)))
            self.saw(f"M:{name}", args)
        if name != "Module" and not isinstance(module, _CONTAINERS):
            self.inside.append(module)

    def leave(self, module: nn.Module, args: Any, output: Any) -> None:
        if self.inside and self.inside[-1] is module:
            self.inside.pop()
        if not self.inside and self.open and self.open[-1][0] is module:
            self.gave(self.open.pop()[1], output)

    def saw_function(self, func: Any, args: Any, kwargs: Any) -> None:
        if self.inside:
            return
        self.used.update(id(a) for a in _tensors(args))
        name = getattr(func, "__name__", "").strip("_")
        if name and name not in _ATTRIBUTES:
            self.saw(f"F:{name}", args, kwargs)

    def made(self, func: Any, args: Any, output: Any) -> None:
        if not self.inside and self.shuffles.step(getattr(func, "__name__", "").strip("_"), args, output):
            self.counts["F:channel_shuffle"] += 1

    def saw(self, event: str, args: Any, kwargs: Any = None) -> None:
        self.counts[event] += 1
        given = [*_tensors(args), *_tensors(list((kwargs or {}).values()))]
        self.reads.append(sorted({maker for tensor in given for maker in self.makers.get(tensor, ())}))
        shapes = ",".join(f"{str(t.dtype).removeprefix('torch.')}{list(t.shape)}" for t in _tensors(args))
        self.signature.append(f"{event}({shapes})")

    def gave(self, event: int, output: Any) -> None:
        """What a module returns, it and the last call inside of it have made."""
        for tensor in _tensors(output):
            within = (maker for maker in self.makers.get(tensor, ()) if maker > event)
            self.makers[tensor] = (event, *within)

    def count_holders(self) -> None:
        """ModuleList and its kin have no forward: they count when something they hold was used."""
        for module in self.root.modules():
            if isinstance(module, _HOLDERS):
                held = any(id(m) in self.ran for m in module.modules() if m is not module)
                if held or any(id(p) in self.used for p in module.parameters()):
                    self.counts[f"M:{torch_class(module)}"] += 1


def _tensors(value: Any) -> list[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, list | tuple):
        return [t for v in value for t in _tensors(v)]
    return []


def record(model: nn.Module, inputs: Sequence[Any]) -> tuple[Any, dict[str, int], list[str], list[list[int]]]:
    """Run `model(*inputs)` once.

    Returns the output, how often each event happened (`M:<class>` for torch's modules, `M:Module` for
    user-defined ones, `F:<function>` for functions called outside torch's modules), the events in order
    with the dtypes and shapes of their tensor arguments, and for each of these the indices of the earlier ones
    whose results it was given, as far as positional arguments of modules and all of functions show it.  Raises
    whatever the model raises.
    """
    recorder = _Recorder(model)
    hooks: list[Any] = [
        register_module_forward_pre_hook(recorder.enter),
        register_module_forward_hook(recorder.leave, always_call=True),
    ]
    try:
        with _FunctionCounter(recorder):
            output = model(*inputs)
    finally:
        for hook in hooks:
            hook.remove()
    recorder.count_holders()
    return output, dict(recorder.counts), recorder.signature, recorder.reads
