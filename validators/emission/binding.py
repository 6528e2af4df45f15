"""Names for tensors: which expression over `self` and the inputs is this object?

The Triton side of a pair needs every argument of the compiled graph written as an expression in `forward`.  The
answer comes from object identity alone.
"""

from __future__ import annotations

import ast
import inspect
import keyword
import sys
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from validators.errors import PROGRAM_MODULE
from validators.loading import PAIR_MODULE, Refused, tensors
from validators.verdict import Reason

REGISTERED = {"_parameters", "_buffers", "_modules"}
_MOVED = ".cuda()"
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


@dataclass(frozen=True)
class Named:
    """A tensor that `forward` can reach, and how.  Holding it keeps its id from being given to another one."""

    expression: str
    tensor: torch.Tensor


Names = dict[int, Named]


def name_tensors(model: nn.Module, inputs: Sequence[Any]) -> Names:
    """`{id(tensor): Named}` for every input, parameter, buffer, plain tensor attribute and global tensor.

    Where one tensor has several names the first one stands: inputs, then the model in definition order.
    """
    names: Names = {}
    for expression, value in zip(forward_parameters(model, len(inputs)), inputs, strict=False):
        _name_nest(value, expression, names)
    _name_module(model, "self", type(model).__name__, names, set())
    for key, value in global_tensors(model).items():
        _name_nest(value, key, names, suffix=_MOVED)
    return names


def global_tensors(model: nn.Module) -> dict[str, Any]:
    """What the program's module holds that is, or is a nest of, tensors."""
    namespace = vars(sys.modules[type(model).__module__]) if _is_of_program(type(model)) else {}
    own = {key: value for key, value in namespace.items() if not key.startswith("__")}  # not the builtins
    return {key: value for key, value in own.items() if any(True for _ in tensors(value))}


def class_tensors(module: nn.Module) -> Iterator[tuple[type, str, Any]]:
    """Class, key and value of class attributes that are, or are nests of, tensors."""
    for cls in type(module).__mro__:
        if _is_of_program(cls):
            yield from ((cls, k, value) for k, value in list(vars(cls).items()) if any(True for _ in tensors(value)))


def _is_of_program(cls: type) -> bool:
    return cls.__module__ in (PROGRAM_MODULE, PAIR_MODULE)


def _name_nest(value: Any, expression: str, names: Names, suffix: str = "") -> None:
    if isinstance(value, torch.Tensor):
        names.setdefault(id(value), Named(expression + suffix, value))
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
                    walk(child, _member(expression, _own_key(module, key, entry), _indexed(module)))

    entry = type(model).__name__
    walk(model, "self")
    return names


def _name_module(module: nn.Module, expression: str, entry: str, names: Names, seen: set[int]) -> None:
    if id(module) in seen:
        return
    seen.add(id(module))
    indexed = _indexed(module)

    def member(key: str, indexed: bool) -> str:
        return _member(expression, _own_key(module, key, entry), indexed)

    for held in (module._parameters, module._buffers):
        for key, tensor in held.items():
            if tensor is not None:
                names.setdefault(id(tensor), Named(member(key, indexed), tensor))
    # Plain and class attributes do not move with `.cuda()`; the kernels need them on the device.
    for key, value in vars(module).items():
        if key not in REGISTERED and isinstance(value, torch.Tensor | list | tuple | dict):
            _name_nest(value, member(key, False), names, suffix=_MOVED)
    for _, key, value in class_tensors(module):
        _name_nest(value, member(key, False), names, suffix=_MOVED)
    for key, child in module._modules.items():
        if child is not None:
            _name_module(child, member(key, indexed), entry, names, seen)


def _own_key(module: nn.Module, key: str, entry: str) -> str:
    """`__w` for `_Model__w`: the entry class gets another name, and with it its private attributes."""
    prefix = f"_{entry.lstrip('_')}__"
    return key[len(prefix) - 2 :] if type(module).__name__ == entry and key.startswith(prefix) else key


def _indexed(module: nn.Module) -> bool:
    """True where `module[k]` is the member with key `k`: torch indexes by position, and a subclass may do anything."""
    keys = [*module._modules, *module._parameters]
    return type(module) in _INDEXED and keys == [str(k) for k in range(len(keys))]


def _member(expression: str, key: str, indexed: bool) -> str:
    if indexed and key.isdigit():
        return f"{expression}[{key}]"
    plain = key.isidentifier() and not keyword.iskeyword(key)
    return f"{expression}.{key}" if plain else f"getattr({expression}, {key!r})"


def free_name(name: str, model: nn.Module) -> str:
    """`name`, or a longer one where the program has given it to a parameter of `forward`."""
    while name in inspect.signature(model.forward).parameters:
        name += "_"
    return name


def write_output(output: Any, results: Sequence[Any], names: Names, result: str) -> str:
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
    if hasattr(value, "_fields") and (name := _name_of_class(cls)):
        return f"{name}({', '.join(items)})"
    raise Refused(Reason.UNBOUND_ARGUMENT, f"forward returns a {cls.__name__}")


def _name_of_class(cls: type) -> str:
    """How the program's text calls a class, which need not be the name the class has for itself."""
    for key, value in vars(sys.modules[PROGRAM_MODULE]).items():
        if value is cls:
            return key
        if isinstance(value, type) and value.__module__ == PROGRAM_MODULE:
            inner = next((k for k, v in vars(value).items() if v is cls), None)
            if inner is not None:
                return f"{key}.{inner}"
    return ""


def _write_tensor(tensor: torch.Tensor, results: Sequence[Any], positions: dict[int, str], names: Names) -> str:
    if id(tensor) in positions:
        return positions[id(tensor)]
    if id(tensor) in names:
        return names[id(tensor)].expression
    # AOTAutograd makes outputs that are views of another output, or of an input, outside of the kernels.
    storage = tensor.untyped_storage()._cdata
    bases = [(positions[id(result)], result) for result in results if isinstance(result, torch.Tensor)]
    bases += [(named.expression, named.tensor) for named in names.values()]
    for expression, base in bases:
        if base.untyped_storage()._cdata == storage and base.storage_offset() == 0:
            geometry = f"{tuple(tensor.shape)}, {tuple(tensor.stride())}, {tensor.storage_offset()}"
            return f"torch.as_strided({expression}, {geometry})"
    raise Refused(Reason.UNBOUND_ARGUMENT, f"an output of shape {list(tensor.shape)} is neither computed nor an input")


def write_arguments(arguments: Sequence[Any], names: Names) -> list[str]:
    """One expression per argument of `call`.  Raises Refused(UNBOUND_ARGUMENT) for a tensor without a name."""
    written: list[str] = []
    for index, argument in enumerate(arguments):
        if isinstance(argument, torch.Tensor):
            if id(argument) not in names:
                shape = list(argument.shape)
                raise Refused(Reason.UNBOUND_ARGUMENT, f"argument {index} (shape {shape}) has no name in the module")
            written.append(names[id(argument)].expression)
        else:
            written.append(_literal(argument))
    return written
