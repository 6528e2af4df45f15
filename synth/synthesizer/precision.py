"""The floating type of a program, and how a program that is not in float32 says so."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from operators.spec import Operator

# Shares among programs whose operators have all types.  Those that do not stay in float32, so these are larger than
# the shares over all programs (`benchmarks/synthesize.py` shows those).
_HALF = (("bfloat16", 0.2), ("float16", 0.13))


def draw_dtype(entries: Sequence[Operator], rng: Random, wanted: str = "") -> str:
    """A floating type that every operator has; `wanted` if it is one, else drawn."""
    if not wanted:
        roll = rng.random()
        for dtype, share in _HALF:
            roll -= share
            if roll < 0:
                wanted = dtype
                break
        else:
            return "float32"
    return wanted if all(wanted in entry.dtypes for entry in entries) else "float32"


def cast_line(dtype: str, rng: Random) -> str:
    """The end of an `__init__` that puts all parameters into `dtype`; "" for float32."""
    if dtype == "float32":
        return ""
    short = "self.half()" if dtype == "float16" else "self.bfloat16()"
    call = rng.choice((f"self.to(torch.{dtype})", f"self.to(torch.{dtype})", f"self.to(dtype=torch.{dtype})", short))
    return " " * 8 + call
