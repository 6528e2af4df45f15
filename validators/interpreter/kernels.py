"""What takes the place of Inductor's heuristics and of its compiler, when the text of a pair is executed.

The decorators of `torch._inductor.runtime.triton_heuristics` note what they are given, `AsyncCompile.triton` executes
the kernel's source as it stands, `run` chooses blocks, has Inductor's own `GridExpr` compute the grid, and calls the
function once per program of the grid.  (Private; read in torch 2.11.0 and 2.13.0: if a decorator moves, the text
cannot be executed and every pair ends in NUMERIC_ERROR.)
"""

from __future__ import annotations

import ast
import math
import time
import types
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
import triton
import triton.language as tl
from torch._inductor.async_compile import AsyncCompile
from torch._inductor.runtime import triton_heuristics
from triton.runtime import interpreter
from triton.runtime.interpreter import InterpretedFunction, TensorHandle

from validators.interpreter import blocks, memory

#: Constexpr parameters that a launch configuration sets; all others are given by the caller.
CONFIGURED = (
    "XBLOCK", "YBLOCK", "ZBLOCK", "R0_BLOCK", "R1_BLOCK", "RSPLIT", "RSPLIT_SIZE", "NUM_STAGES", "num_warps",
)  # fmt: skip
_DECORATORS = (
    "pointwise", "reduction", "persistent_reduction", "cooperative_reduction", "split_scan", "template", "foreach",
    "fixed_config", "user_autotune",
)  # fmt: skip


@dataclass
class Activity:
    """What the kernels of the program have done so far, and how they are to be run."""

    split: bool = False  # blocks: see `blocks.choose`
    launches: int = 0
    programs: int = 0
    seconds: dict[str, float] = field(default_factory=dict)  # CPU seconds by kernel


ACTIVITY = Activity()


@dataclass(frozen=True)
class _Recorded:
    """A decorated kernel: the interpreted function and what the decorator was given."""

    function: InterpretedFunction
    options: dict[str, Any]


def _recording(*_: Any, **options: Any) -> Callable[[InterpretedFunction], _Recorded]:
    return lambda function: _Recorded(function, options)


class Kernel:
    """One Triton kernel of the text."""

    def __init__(self, name: str, source: str) -> None:
        self.name, self.source = name, source
        namespace: dict[str, Any] = {"__name__": name, "__file__": f"<{name}>"}
        exec(compile(source, f"<{name}>", "exec"), namespace)
        recorded = namespace[name]
        assert isinstance(recorded, _Recorded), f"{name} has a decorator that is not Inductor's"
        _rewrite(source, namespace)
        self.function = InterpretedFunction.rewritten_fn[recorded.function.fn]
        self.names = list(recorded.function.arg_names)
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
        memory.MEMORY.buffers.clear()
        arguments = {
            name: _argument(name, given[name], signature.get(name, "")) for name in self.names if name in given
        }
        _launch(self.function, arguments | {n: chosen[n] for n in self.names if n in chosen}, counts)
        memory.MEMORY.buffers.clear()
        ACTIVITY.launches += 1
        ACTIVITY.programs += math.prod(counts)
        spent = ACTIVITY.seconds.get(self.name, 0.0) + time.process_time() - began
        ACTIVITY.seconds[self.name] = spent

    def _blocks(self, numbers: dict[str, int]) -> dict[str, int]:
        if ACTIVITY.split not in self.blocks:
            numels = {name.removesuffix("numel"): value for name, value in numbers.items() if name.endswith("numel")}
            names = [name for name in self.names if name in CONFIGURED]
            self.blocks[ACTIVITY.split] = blocks.choose(self.source, names, numels, ACTIVITY.split)
        return self.blocks[ACTIVITY.split]


def _rewrite(source: str, namespace: dict[str, Any]) -> None:
    """Rewrite the kernel and its helpers as the interpreter would, from the text at hand instead of a file."""
    tree = ast.parse(source)
    kept = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    for node in kept:
        node.decorator_list = []
    transformer = interpreter.FunctionRewriter.ast_transformer
    module = ast.Module([transformer.visit(node) for node in kept], type_ignores=[])
    for key, value in vars(interpreter).items():
        namespace.setdefault(key, value)  # the rewritten text calls the interpreter by its own names
    functions: dict[str, Any] = {}
    exec(compile(ast.fix_missing_locations(module), namespace["__file__"], "exec"), namespace, functions)
    for name, function in functions.items():
        value = namespace[name]
        original = value.function if isinstance(value, _Recorded) else value
        if isinstance(original, InterpretedFunction):
            InterpretedFunction.rewritten_fn[original.fn] = function


def _argument(name: str, value: Any, declared: str) -> Any:
    if isinstance(value, torch.Tensor):
        if not declared.startswith("*"):
            raise TypeError(f"{name} is declared {declared} and is given a tensor")
        return memory.pointer(name, value, declared[1:])
    if isinstance(value, int) and not isinstance(value, bool) and declared in ("i32", "i64"):
        kind, dtype = (tl.int32, np.int32) if declared == "i32" else (tl.int64, np.int64)
        return tl.tensor(TensorHandle(np.array([value], dtype=dtype), kind), kind)
    return value


def _launch(function: Callable[..., Any], arguments: dict[str, Any], counts: tuple[int, ...]) -> None:
    builder = interpreter.interpreter_builder
    builder.set_grid_dim(*counts)
    with np.errstate(all="ignore"):
        for x in range(counts[0]):
            for y in range(counts[1]):
                for z in range(counts[2]):
                    builder.set_grid_idx(x, y, z)
                    function(**arguments)


def _compile(self: AsyncCompile, kernel_name: str, source_code: str, device_str: str = "cuda") -> Kernel:
    return Kernel(kernel_name, source_code)


def _wait(self: AsyncCompile, scope: dict[str, Any]) -> None:
    """There is nothing to wait for."""


def _call(self: InterpretedFunction, *args: Any, **kwargs: Any) -> Any:
    return self.rewrite()(*args, **kwargs)


def install() -> None:
    """Put the stand-ins into torch and triton, and the interpreter's version of the language in place for good."""

    # `_patch_lang` patches the modules that a function's globals show.
    interpreter._patch_lang(types.FunctionType((lambda: None).__code__, {"tl": tl, "core": tl.core}))
    replaced: list[tuple[Any, str, Any]] = [
        (InterpretedFunction, "__call__", _call),
        (AsyncCompile, "triton", _compile),
        (AsyncCompile, "wait", _wait),
        *((triton_heuristics, name, _recording) for name in _DECORATORS),
    ]
    for owner, name, stand_in in replaced:
        if not hasattr(owner, name):
            raise RuntimeError(f"torch {torch.__version__}, triton {triton.__version__}: {owner} has no {name}")
        setattr(owner, name, stand_in)
