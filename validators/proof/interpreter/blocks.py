"""Block sizes for one kernel: large ones for speed, smaller ones to show that the result does not hang on them.

A mask that Inductor dropped means that every block its heuristics would choose divides the size.  It does so where the
size is 1 or a multiple of `TRITON_MAX_BLOCK` (torch._inductor.runtime.hints and `_has_constant_mask` in
torch/_inductor/codegen/triton.py; 2.11.0 and 2.13.0).  Where the text has no mask although neither holds, a block that
does *not* divide is chosen, as the heuristics could: the access out of bounds is then found.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from torch._inductor.runtime.hints import TRITON_MAX_BLOCK

#: Lanes in a block.  NumPy's temporaries then fit a core's second level cache, and Python's own cost is small beside.
LANES = 1 << 16
#: The prefix of a size by the block's name.  Reductions first: their loops are Python's.  Then the innermost dimension.
PREFIXES = {"R0_BLOCK": "r0_", "R1_BLOCK": "r1_", "XBLOCK": "x", "YBLOCK": "y", "ZBLOCK": "z"}
_FIXED = re.compile(r"^\s+(\w+): tl\.constexpr = (\d+)\s*$", re.MULTILINE)


def _power(value: int) -> int:
    """The smallest power of two that is at least `value`."""
    return 1 << max(value - 1, 0).bit_length()


def choose(text: str, names: Sequence[str], numels: Mapping[str, int], split: bool) -> dict[str, int]:
    """A size for each of the constexpr parameters `names` of the kernel in `text`.

    `numels` has the sizes by prefix (`x`, `y`, `z`, `r0_`, `r1_`).  With `split` every dimension that can be is given
    to two blocks at least.
    """
    fixed = {name: int(value) for name, value in _FIXED.findall(text)}
    room = LANES
    for name in PREFIXES:
        room //= max(fixed.get(name, 1), 1)
    chosen: dict[str, int] = {}
    for name, prefix in PREFIXES.items():
        if name not in names:
            continue
        size = _size(text, prefix, numels.get(prefix, 1), max(room, 1), split)
        chosen[name] = size
        room //= size
    if "RSPLIT" in names:
        chosen["RSPLIT"] = 1  # blocks that wait for each other can't be run one after another
    if "RSPLIT_SIZE" in names:
        chosen["RSPLIT_SIZE"] = max(chosen.get("XBLOCK", 1), 64)
    for name in names:
        chosen.setdefault(name, 1)  # stages and their like: no influence on the result
    return chosen


def _size(text: str, prefix: str, numel: int, room: int, split: bool) -> int:
    wanted = _power(-(-numel // 2)) if split else _power(numel)
    largest = TRITON_MAX_BLOCK[prefix.upper()]
    if is_masked(text, prefix):
        return min(wanted, room)
    if numel == 1:
        return 1
    if numel % largest == 0:
        # A power of two that divides may be small; a multiple of the largest block does as well.
        times = numel // largest
        fits = [k for k in range(1, room // largest + 1) if times % k == 0 and k * largest <= wanted]
        return fits[-1] * largest if fits else min(room, wanted, numel & -numel)
    return min(_power(numel), largest)


def is_masked(text: str, prefix: str) -> bool:
    """Whether the kernel compares its index in this dimension with the size."""
    return re.search(rf"\b{prefix}index < {prefix}numel\b", text) is not None
