"""Operators that stay in float32, and why.  All others are written in bfloat16 and float16 as well.

Found by running every operator in both types on the CPU (torch 2.13; `tests/operators/test_precision.py` repeats it).
"""

from __future__ import annotations

FLOATS = ("float32", "bfloat16", "float16")

#: No CPU kernel takes bfloat16 or float16: torch.cdist, and avg_pool3d with what is built on it.
NO_KERNEL = ("Cdist", "AvgPool", "AvgPool3d", "LPPool3d", "LocalResponseNorm", "CrossMapLRN2d")

#: Inductor adds up into one place with atomics, which Triton's interpreter does not have for bfloat16.
_ATOMIC = ("IndexAdd", "Fold")

#: The kernel places its windows or points by numbers of the input's type: rounded, they may lie beyond the edge.
_ROUNDED = ("FractionalMaxPool2d", "FractionalMaxPool3d", "GridSample")

#: Next to 1, bfloat16 goes in steps of 1/128: what a product of factors near 1 has of the inputs is rounded away.
_NEAR_ONE = ("Prod", "CumProd")

#: exp(-x * y) is beyond what float16 holds from 11 on.
_OVERFLOWING = ("SoftMarginLoss",)


def dtypes_of(name: str) -> tuple[str, ...]:
    """The floating types in which this operator can be run on a CPU and proved."""
    if name in NO_KERNEL or name in _ROUNDED:
        return ("float32",)
    if name in _OVERFLOWING:
        return ("float32", "bfloat16")
    return ("float32", "float16") if name in _ATOMIC or name in _NEAR_ONE else FLOATS
