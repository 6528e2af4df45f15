"""All entries by name."""

from __future__ import annotations

import difflib
from dataclasses import replace

from operators import (
    activations,
    attention,
    channel_ops,
    containers,
    convolutions,
    elementwise,
    linear,
    losses,
    normalization,
    padding,
    pointwise,
    pooling,
    recurrent,
    reductions,
    regularization,
    reshaping,
    selection,
    upsampling,
)
from operators.precision import dtypes_of
from operators.spec import Operator

_FAMILIES = (
    linear,
    convolutions,
    attention,
    recurrent,
    containers,
    activations,
    elementwise,
    pointwise,
    normalization,
    pooling,
    reductions,
    regularization,
    reshaping,
    selection,
    channel_ops,
    padding,
    upsampling,
    losses,
)

_ALL: tuple[Operator, ...] = tuple(
    replace(entry, dtypes=dtypes_of(entry.name)) for family in _FAMILIES for entry in family.OPERATORS
)
_BY_NAME: dict[str, Operator] = {entry.name: entry for entry in _ALL}


def catalogue() -> tuple[Operator, ...]:
    """Every operator, in a fixed order."""
    return _ALL


def get(name: str) -> Operator:
    """The entry of that name.  Raises KeyError with the nearest name."""
    if name in _BY_NAME:
        return _BY_NAME[name]
    lowered = {n.lower(): n for n in _BY_NAME}
    near = difflib.get_close_matches(name.lower(), lowered, n=1, cutoff=0.0)
    raise KeyError(f"no operator {name!r}; the nearest is {lowered[near[0]]!r}")
