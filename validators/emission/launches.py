"""How Inductor would launch a kernel of its text: the grid, the block sizes and the compiler's options.

Of the configurations that Inductor's heuristics list for a kernel on its device, the first: the one that runs where
nothing is tuned.

Private, read in torch 2.13.0, 2.12.1 and 2.11.0 (`tests/validators/test_plain.py` fails when they move):
  `torch._inductor.runtime.triton_heuristics.CachingAutotuner.configs`, `.fn`, `.inductor_meta`,
      `._create_compile_meta`, `._create_compile_options`: the configurations, and what is made of one;
  `triton_heuristics.GridExpr.from_meta`: the grid of a kernel for a configuration;
  `triton_heuristics.AutotuneCache.create`: a file with a tuned configuration, which would be preferred;
  `torch._inductor.runtime.triton_helpers.set_driver_to_gpu`: looks for a GPU; kernels call it when they are defined.
"""

from __future__ import annotations

import linecache
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from unittest import mock

from torch._inductor.runtime import triton_helpers
from torch._inductor.runtime.triton_heuristics import AutotuneCache, GridExpr

# What Triton does without being asked, and what serves Inductor's own checks only.
_DEFAULTS: dict[str, Any] = {"enable_fp_fusion": True, "launch_cooperative_grid": False, "launch_pdl": False}
_OWN_CHECKS = {"debug", "sanitize_overflow"}
# Grids of one block for each XBLOCK (and YBLOCK, ZBLOCK) elements, with the sizes that they cover.
_SIMPLE = {"Grid1D": "x", "Grid2D": "xy", "Grid3D": "xyz"}


@dataclass(frozen=True)
class Launch:
    """One kernel's launch.

    `parameters` are the kernel's own, without the constexpr ones that `constants` sets; behind them Inductor's text
    gives `extra`, of which only the grid is computed.
    """

    parameters: tuple[str, ...]
    extra: tuple[str, ...]
    constants: dict[str, Any]
    options: dict[str, Any]
    inductor_meta: dict[str, Any]

    def grid(self, given: Mapping[str, int]) -> tuple[int, int, int]:
        """Programs in each dimension for the integer arguments `given`, by name."""
        expression = GridExpr.from_meta(self.inductor_meta, self.constants, mode="python")
        x, y, z = expression.eval_slow({**given, **self.constants})
        return int(x), int(y), int(z)

    def grid_text(self, given: Mapping[str, int]) -> str:
        """The grid as Python source: a function of the block sizes where it is as simple as that, else numbers."""
        axes = _SIMPLE.get(self.inductor_meta["grid_type"])
        if axes is None:
            sizes = list(self.grid(given))
            while len(sizes) > 1 and sizes[-1] == 1:
                sizes.pop()
            return f"({', '.join(map(str, sizes))},)"
        parts = [
            f"triton.cdiv({given[f'{axis}numel']}, meta['{axis.upper()}BLOCK'])"
            if f"{axis.upper()}BLOCK" in self.constants
            else str(given[f"{axis}numel"])
            for axis in axes
        ]
        return (
            f"lambda meta: ({', '.join(parts)},)" if any("meta" in part for part in parts) else f"({', '.join(parts)},)"
        )


def define(name: str, source: str) -> Any:
    """Execute a kernel's source and return Inductor's autotuner around it.  Raises whatever the source raises."""
    filename = f"<{name}>"  # triton reads the function's source back through linecache
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    namespace: dict[str, Any] = {"__name__": name, "__file__": filename}
    with (
        mock.patch.object(triton_helpers, "set_driver_to_gpu", lambda: None),
        mock.patch.object(AutotuneCache, "create", lambda *_: None),
    ):
        exec(compile(source, filename, "exec"), namespace)
    return namespace[name]


def first_launch(kernel: Any) -> Launch:
    """The launch of a kernel from `define` in its first configuration.  Raises ValueError for an unknown form."""
    config = kernel.configs[0]
    meta = kernel._create_compile_meta(config)
    options = kernel._create_compile_options(config, meta)
    for key, default in _DEFAULTS.items():
        if options.get(key) == default:
            del options[key]
    names: Sequence[str] = kernel.fn.arg_names
    annotated = [name for name, is_constant in zip(names, _constexpr(kernel.fn), strict=True) if is_constant]
    constants = {name: meta["constants"][name] for name in annotated}
    parameters = tuple(name for name in names if name not in constants)
    if tuple(names[: len(parameters)]) != parameters:
        raise ValueError(f"a kernel has constexpr parameters before others: {', '.join(names)}")
    return Launch(
        parameters,
        tuple(kernel.inductor_meta.get("extra_launcher_args", [])),
        constants,
        {key: value for key, value in options.items() if key not in _OWN_CHECKS},
        kernel.inductor_meta,
    )


def _constexpr(function: Any) -> list[bool]:
    return [parameter.is_constexpr for parameter in function.params]
