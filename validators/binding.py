"""Names for tensors: which expression over `self` and the inputs is this object?

The Triton side of a pair needs every argument of the compiled graph written as an expression in `forward`.  The
answer comes from object identity alone.
"""

from __future__ import annotations

import ast
import inspect
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from validators.loading import PROGRAM_MODULE, Refused
from validators.verdict import Reason

REGISTERED = {"_parameters", "_buffers", "_modules"}
_INDEXED = (nn.ModuleList, nn.Sequential, nn.ParameterList)


def forward_parameters(model: nn.Module, count: int) -> list[str]:
    """Expressions for the `count` positional inputs of `forward`: parameter names, or `args[k]` for `*args`."""
    names: list[str] = []
    for parameter in inspect.signature(model.forward).parameters.values():
        if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
            start = len(names)
            names.extend(f"{parameter.name}[{k - start}]" for k in range(start, count))
        elif parameter.kind in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD):
            names.append(parameter.name)
    return names[:count]


def name_tensors(model: nn.Module, inputs: Sequence[Any]) -> dict[int, str]:
    """`{id(tensor): expression}` for every input, parameter, buffer and plain tensor attribute.

    Where one tensor has several names the first one stands: inputs, then the model in definition order.
    """
    names: dict[int, str] = {}
    for expression, value in zip(forward_parameters(model, len(inputs)), inputs, strict=False):
        _name_nest(value, expression, names)
    _name_module(model, "self", names, set())
    return names


def _name_nest(value: Any, expression: str, names: dict[int, str], suffix: str = "") -> None:
    if isinstance(value, torch.Tensor):
        names.setdefault(id(value), expression + suffix)
    elif isinstance(value, dict):
        for key, item in value.items():
            _name_nest(item, f"{expression}[{key!r}]", names, suffix)
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            _name_nest(item, f"{expression}[{index}]", names, suffix)


def name_modules(model: nn.Module) -> dict[int, str]:
    """`{id(module): expression}` for every submodule."""
    names: dict[int, str] = {}

    def walk(module: nn.Module, expression: str) -> None:
        if names.setdefault(id(module), expression) is expression:
            for key, child in module._modules.items():
                if child is not None:
                    walk(child, _member(expression, key, _indexed(module)))

    walk(model, "self")
    return names


def _name_module(module: nn.Module, expression: str, names: dict[int, str], seen: set[int]) -> None:
    if id(module) in seen:
        return
    seen.add(id(module))
    indexed = _indexed(module)
    for held in (module._parameters, module._buffers):
        for key, tensor in held.items():
            if tensor is not None:
                names.setdefault(id(tensor), _member(expression, key, indexed))
    for key, value in vars(module).items():
        # Plain attributes do not move with `.cuda()`; the kernels need them on the device.
        if key not in REGISTERED and isinstance(value, torch.Tensor | list | tuple | dict):
            _name_nest(value, _member(expression, key, False), names, suffix=".cuda()")
    for key, child in module._modules.items():
        if child is not None:
            _name_module(child, _member(expression, key, indexed), names, seen)


def _indexed(module: nn.Module) -> bool:
    """True where `module[k]` is the member with key `k`: torch indexes by position, and a subclass may do anything."""
    keys = [*module._modules, *module._parameters]
    return type(module) in _INDEXED and keys == [str(k) for k in range(len(keys))]


def _member(expression: str, key: str, indexed: bool) -> str:
    if indexed and key.isdigit():
        return f"{expression}[{key}]"
    return f"{expression}.{key}" if key.isidentifier() else f"getattr({expression}, {key!r})"


def free_name(name: str, model: nn.Module) -> str:
    """`name`, or a longer one where the program has given it to a parameter of `forward`."""
    while name in inspect.signature(model.forward).parameters:
        name += "_"
    return name


def write_output(output: Any, results: Sequence[Any], names: dict[int, str], result: str) -> str:
    """The expression that rebuilds `forward`'s return value from `<result>[k]`, inputs and constants.

    Raises Refused(UNBOUND_ARGUMENT) for a value that has no such expression.
    """
    positions = {
        id(tensor): f"{result}[{index}]" for index, tensor in enumerate(results) if isinstance(tensor, torch.Tensor)
    }

    def write(value: Any) -> str:
        if isinstance(value, torch.Tensor):
            return _write_tensor(value, results, positions, names)
        if value is None or isinstance(value, bool | int | float | str):
            return _literal(value)
        if isinstance(value, tuple):
            return _write_tuple(value, [write(item) for item in value])
        if type(value) is list:
            return "[" + ", ".join(write(item) for item in value) + "]"
        if type(value) in (dict, OrderedDict):
            items = ", ".join(f"{_literal(key)}: {write(item)}" for key, item in value.items())
            return "{" + items + "}" if type(value) is dict else f"OrderedDict({{{items}}})"
        raise Refused(Reason.UNBOUND_ARGUMENT, f"forward returns a {type(value).__name__}")

    return write(output)


def _literal(value: Any) -> str:
    text = repr(value)
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError):
        if isinstance(value, float):  # nan and inf have no literal
            return f"float({str(value)!r})"
        raise Refused(Reason.UNBOUND_ARGUMENT, f"forward returns the constant {text[:80]}") from None
    return text


def _write_tuple(value: tuple[Any, ...], items: list[str]) -> str:
    cls = type(value)
    if isinstance(value, torch.Size):
        return f"torch.Size([{', '.join(items)}])"
    if cls is tuple:
        return "(" + ", ".join(items) + ("," if len(items) == 1 else "") + ")"
    if cls.__module__ == "torch.return_types":
        return f"torch.return_types.{cls.__name__}(({', '.join(items)},))"
    if hasattr(value, "_fields") and cls.__module__ == PROGRAM_MODULE:
        return f"{cls.__name__}({', '.join(items)})"
    raise Refused(Reason.UNBOUND_ARGUMENT, f"forward returns a {cls.__name__}")


def _write_tensor(
    tensor: torch.Tensor, results: Sequence[Any], positions: dict[int, str], names: dict[int, str]
) -> str:
    if id(tensor) in positions:
        return positions[id(tensor)]
    if id(tensor) in names:
        return names[id(tensor)]
    # AOTAutograd makes outputs that are views of another output outside of the kernels.
    storage = tensor.untyped_storage()._cdata
    for result in results:
        if isinstance(result, torch.Tensor) and result.untyped_storage()._cdata == storage:
            geometry = f"{tuple(tensor.shape)}, {tuple(tensor.stride())}, {tensor.storage_offset()}"
            return f"torch.as_strided({positions[id(result)]}, {geometry})"
    raise Refused(Reason.UNBOUND_ARGUMENT, f"an output of shape {list(tensor.shape)} is neither computed nor an input")


def write_arguments(arguments: Sequence[Any], names: dict[int, str]) -> list[str]:
    """One expression per argument of `call`.  Raises Refused(UNBOUND_ARGUMENT) for a tensor without a name."""
    written: list[str] = []
    for index, argument in enumerate(arguments):
        if isinstance(argument, torch.Tensor):
            if id(argument) not in names:
                shape = list(argument.shape)
                raise Refused(Reason.UNBOUND_ARGUMENT, f"argument {index} (shape {shape}) has no name in the module")
            written.append(names[id(argument)])
        else:
            written.append(_literal(argument))
    return written
