"""Grids as texts of older torch name them: `kernel[grid(n)](...)`.

Published pairs (KernelBook's) import these functions from `torch._inductor.runtime.triton_heuristics`, which has no
such names any more.  A grid is a function of the block sizes, as Triton takes one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch._inductor.runtime import triton_heuristics

Grid = Callable[[Mapping[str, Any]], tuple[int, int, int]]
MAX_Y = 65535  # CUDA's limit for the second and third dimension; more blocks go on in the third


def grid(*numels: int) -> Grid:
    """One program for each XBLOCK elements of the last size, YBLOCK of the one before, ZBLOCK of the first of three."""
    x, y, z = (*reversed(numels), None, None)[:3]

    def programs(meta: Mapping[str, Any]) -> tuple[int, int, int]:
        along_x = _blocks(x, meta.get("XBLOCK", 1))
        along_y = _blocks(y, meta.get("YBLOCK"))
        if z is not None:
            return along_x, along_y, _blocks(z, meta.get("ZBLOCK"))
        rows = _blocks(along_y, MAX_Y)
        return along_x, _blocks(along_y, rows), rows

    return programs


def split_scan_grid(xnumel: int, rnumel: int) -> Grid:
    """A row per program in the second dimension; its blocks of RBLOCK elements in the first."""
    return lambda meta: (_blocks(rnumel, meta.get("RBLOCK", 1)), xnumel, 1)


def grid_combo_kernels(
    *numels: Any,
    num_kernels: int,
    min_blocks: int | None = None,
    is_sequential: bool = True,
    default_meta: Mapping[str, Any] | None = None,
) -> Grid:
    """Several kernels in one launch, one behind the other (`is_sequential`) or in turn.

    Each size may be a list, an element per kernel; in the last, the sizes along x, a number of programs that does not
    depend on XBLOCK is written as its negative.
    """
    along_x = list(numels[-1]) if isinstance(numels[-1], list | tuple) else [numels[-1]]
    others = [max(n) if isinstance(n, list | tuple) else n for n in numels[:-1]]

    def programs(meta: Mapping[str, Any]) -> tuple[int, int, int]:
        blocks = {**(default_meta or {}), **meta}
        each = [-n if n <= 0 else _blocks(n, blocks.get("XBLOCK", 1)) for n in along_x]
        _, y, z = grid(*others, 1)(blocks)
        return (sum(each) if is_sequential else max(num_kernels * max(each), min_blocks or 0)), y, z

    return programs


def _blocks(numel: int | None, block: int | None) -> int:
    return 1 if numel is None else -(-numel // (block or 1))


#: By the names that texts import.
GONE: dict[str, Any] = {
    "grid": grid,
    "split_scan_grid": split_scan_grid,
    "grid_combo_kernels": grid_combo_kernels,
}


def install() -> None:
    """Put the names back where texts look for them, for good."""
    for name, function in GONE.items():
        if not hasattr(triton_heuristics, name):
            setattr(triton_heuristics, name, function)
