"""Kernels of a pair's text, run in Triton's interpreter: what `kernel[grid](...)` does here.

A launch runs with the blocks and the grid that the text gives it, many programs at a time (`lockstep`).

Texts of Inductor (`async_compile.triton`) are run as well: the decorators of
`torch._inductor.runtime.triton_heuristics` note what they are given, `AsyncCompile.triton` executes the kernel's source
as it stands, `run` has Inductor's own `GridExpr` compute the grid.  (Private, as is what is taken of
`triton.runtime.interpreter`; read in torch 2.11.0 and 2.13.0, triton 3.6.0 and 3.7.1: if one moves, `install` or the
first launch raises and every pair ends in NUMERIC_ERROR.)
"""

from __future__ import annotations

import ast
import inspect
import linecache
import math
import textwrap
import time
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import torch
import triton
import triton.language as tl
from torch._inductor.async_compile import AsyncCompile
from torch._inductor.runtime import triton_heuristics
from triton.runtime import interpreter
from triton.runtime.interpreter import InterpretedFunction, TensorHandle

from validators.proof.interpreter import blocks, lockstep, memory, reduce

#: Constexpr parameters that a launch configuration of Inductor's sets; all others are given by the caller.
CONFIGURED = (
    "XBLOCK", "YBLOCK", "ZBLOCK", "R0_BLOCK", "R1_BLOCK", "RSPLIT", "RSPLIT_SIZE", "NUM_STAGES", "num_warps",
)  # fmt: skip
_DECORATORS = (
    "pointwise", "reduction", "persistent_reduction", "cooperative_reduction", "split_scan", "template", "foreach",
    "fixed_config", "user_autotune",
)  # fmt: skip
# What the rewritten text calls besides its own names.
_REWRITERS_NAMES = {
    "interpreter_semantic": interpreter.interpreter_semantic,
    "elementwise_not": reduce.elementwise_not,
}
_POINTEES = {dtype: name for name, (_, dtype) in memory.TYPES.items()}


@dataclass
class Activity:
    """What the kernels of the program have done so far, and how they are to be run."""

    split: bool = False  # blocks: see `blocks.choose`
    launches: int = 0
    programs: int = 0
    as_written: int = 0  # launches with the text's own blocks and grid
    seconds: dict[str, float] = field(default_factory=dict)  # CPU seconds by kernel


ACTIVITY = Activity()


class _Function:
    """A kernel as it is launched: its source, its parameters, and the function that the interpreter runs."""

    def __init__(self, function: InterpretedFunction) -> None:
        self.fn = function.fn
        self.names: list[str] = list(function.arg_names)
        parameters = inspect.signature(self.fn).parameters
        self.constants = {name for name in self.names if "constexpr" in str(parameters[name].annotation)}
        self.defaults = {name: p.default for name, p in parameters.items() if p.default is not p.empty}

    @cached_property
    def source(self) -> str:
        """The function's text, from its first decorator on."""
        lines = linecache.getlines(self.fn.__code__.co_filename, self.fn.__globals__)
        return textwrap.dedent("".join(inspect.getblock(lines[self.fn.__code__.co_firstlineno - 1 :])))

    @cached_property
    def interpreted(self) -> Callable[..., Any]:
        """The function as the interpreter rewrites it, in globals of its own: it shall see no name that is not its."""
        tree = ast.parse(self.source)
        definition = tree.body[0]
        assert isinstance(definition, ast.FunctionDef)
        definition.decorator_list = []
        interpreter.FunctionRewriter.ast_transformer.visit(tree)
        names = {**self.fn.__globals__, **_REWRITERS_NAMES}
        exec(compile(ast.fix_missing_locations(tree), self.fn.__code__.co_filename, "exec", dont_inherit=True), names)
        made: Callable[..., Any] = names[definition.name]
        return made

    def bound(self, arguments: tuple[Any, ...], keywords: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters' values; options of the compiler (`num_warps`) are not among them.  Raises TypeError."""
        if len(arguments) > len(self.names):
            raise TypeError(f"{self.fn.__name__} takes {len(self.names)} arguments and is given {len(arguments)}")
        given = dict(zip(self.names, arguments, strict=False))
        named = {name: value for name, value in keywords.items() if name in self.names}
        if twice := given.keys() & named.keys():
            raise TypeError(f"{self.fn.__name__} is given {', '.join(sorted(twice))} twice")
        given = self.defaults | given | named
        if missing := [name for name in self.names if name not in given]:
            raise TypeError(f"{self.fn.__name__} is not given {', '.join(missing)}")
        return given


def _function(function: InterpretedFunction) -> _Function:
    known: dict[Any, _Function] = InterpretedFunction.rewritten_fn
    if function.fn not in known:
        known[function.fn] = _Function(function)
    return known[function.fn]


def _run(self: InterpretedFunction, *arguments: Any, grid: Any, warmup: bool = False, **keywords: Any) -> None:
    """`kernel[grid](*arguments, **keywords)`."""
    began = time.process_time()
    function = _function(self)
    given = function.bound(arguments, keywords)
    values = {
        name: value if name in function.constants else _argument(name, value, "") for name, value in given.items()
    }
    ACTIVITY.as_written += 1
    _launch(self.fn.__name__, function.interpreted, values, _counts(grid, given), began)


def _counts(grid: Any, given: Mapping[str, Any]) -> tuple[int, ...]:
    counts = tuple(int(n) for n in (grid(given) if callable(grid) else grid))
    return (*counts, 1, 1)[:3]


@dataclass(frozen=True)
class _Recorded:
    """A decorated kernel: the interpreted function and what the decorator was given."""

    function: InterpretedFunction
    options: dict[str, Any]


def _recording(*_: Any, **options: Any) -> Callable[[InterpretedFunction], _Recorded]:
    return lambda function: _Recorded(function, options)


class Kernel:
    """One Triton kernel of Inductor's text."""

    def __init__(self, name: str, source: str) -> None:
        self.name, self.source = name, source
        filename = f"<{name}>"
        linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
        namespace: dict[str, Any] = {"__name__": name, "__file__": filename}
        exec(compile(source, filename, "exec"), namespace)
        recorded = namespace[name]
        assert isinstance(recorded, _Recorded), f"{name} has a decorator that is not Inductor's"
        self.function = _function(recorded.function)
        self.names = self.function.names
        self.options = recorded.options
        self.blocks: dict[bool, dict[str, int]] = {}

    def run(self, *args: Any, stream: Any = None, **extra: Any) -> None:
        """Launch: pointers and sizes in the order of the parameters, then what the grid asks for."""
        began = time.process_time()
        inductor_meta = self.options["inductor_meta"]
        given_names = [name for name in self.names if name not in CONFIGURED]
        given_names += inductor_meta.get("extra_launcher_args", [])
        if len(args) != len(given_names):
            raise TypeError(f"{self.name} takes {len(given_names)} arguments and is given {len(args)}")
        given = dict(zip(given_names, args, strict=True)) | extra
        numbers = {key: value for key, value in given.items() if isinstance(value, int)}
        chosen = self._blocks(numbers)
        grid = triton_heuristics.GridExpr.from_meta(inductor_meta, chosen, mode="python")
        counts = tuple(int(n) for n in grid.eval_slow({**numbers, **chosen}))
        signature = self.options["triton_meta"]["signature"]
        arguments = {
            name: _argument(name, given[name], signature.get(name, "")) for name in self.names if name in given
        }
        values = arguments | {name: chosen[name] for name in self.names if name in chosen}
        _launch(self.name, self.function.interpreted, values, counts, began)

    def _blocks(self, numbers: dict[str, int]) -> dict[str, int]:
        if ACTIVITY.split not in self.blocks:
            numels = {name.removesuffix("numel"): value for name, value in numbers.items() if name.endswith("numel")}
            names = [name for name in self.names if name in CONFIGURED]
            self.blocks[ACTIVITY.split] = blocks.choose(self.source, names, numels, ACTIVITY.split)
        return self.blocks[ACTIVITY.split]


def _argument(name: str, value: Any, declared: str) -> Any:
    """A parameter's value as the interpreter takes it; `declared` is the type that Inductor's text states."""
    if isinstance(value, torch.Tensor):
        if declared and not declared.startswith("*"):
            raise TypeError(f"{name} is declared {declared} and is given a tensor")
        if not declared and value.dtype not in _POINTEES:
            raise NotImplementedError(f"{name} points to {value.dtype}")
        return memory.pointer(name, value, declared[1:] or _POINTEES[value.dtype])
    if isinstance(value, bool) or declared not in ("", "i32", "i64"):
        return value
    if isinstance(value, int):
        wide = declared == "i64" or (not declared and not -(1 << 31) <= value < 1 << 31)
        kind, dtype = (tl.int64, np.int64) if wide else (tl.int32, np.int32)
        return tl.tensor(TensorHandle(np.array([value], dtype=dtype), kind), kind)
    if isinstance(value, float):
        return tl.tensor(TensorHandle(np.array([value], dtype=np.float32), tl.float32), tl.float32)
    return value


def _launch(
    name: str, function: Callable[..., Any], arguments: dict[str, Any], counts: tuple[int, ...], began: float
) -> None:
    lockstep.run(function, arguments, counts)
    memory.MEMORY.buffers.clear()
    ACTIVITY.launches += 1
    ACTIVITY.programs += math.prod(counts)
    ACTIVITY.seconds[name] = ACTIVITY.seconds.get(name, 0.0) + time.process_time() - began


def _compile(self: AsyncCompile, kernel_name: str, source_code: str, device_str: str = "cuda") -> Kernel:
    return Kernel(kernel_name, source_code)


def _wait(self: AsyncCompile, scope: dict[str, Any]) -> None:
    """There is nothing to wait for."""


def _call(self: InterpretedFunction, *args: Any, **kwargs: Any) -> Any:
    return _function(self).interpreted(*args, **kwargs)


def install() -> None:
    """Put the stand-ins into torch and triton, and the interpreter's version of the language in place for good."""

    # `_patch_lang` patches the modules that a function's globals show.
    interpreter._patch_lang(types.FunctionType((lambda: None).__code__, {"tl": tl, "core": tl.core}))
    replaced: list[tuple[Any, str, Any]] = [
        (InterpretedFunction, "__call__", _call),
        (InterpretedFunction, "run", _run),
        (AsyncCompile, "triton", _compile),
        (AsyncCompile, "wait", _wait),
        *((triton_heuristics, name, _recording) for name in _DECORATORS),
    ]
    for owner, name, stand_in in replaced:
        if not hasattr(owner, name):
            raise RuntimeError(f"torch {torch.__version__}, triton {triton.__version__}: {owner} has no {name}")
        setattr(owner, name, stand_in)
