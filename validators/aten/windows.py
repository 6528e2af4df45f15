"""Convolutions that are written as a sum over the places of their kernel.  Torch-free."""

from __future__ import annotations

from validators.aten.canonical import Algebra
from validators.aten.expression import TENSOR, Expr, Operand
from validators.aten.graph import Node


def of_taps(a: Algebra, summand: Node, tap: Operand, others: Operand) -> Operand | None:
    """The sum of `tap` (which `summand` stands for) and `others`, where it is one over windows; else None.

    A tap is a slice along the axes behind batch and channels, times weights, or a convolution of fewer axes of it.  Two
    with one sum make a convolution, and further ones are the same one's: how large a kernel is, the loose form does not
    tell.
    """
    if isinstance(tap, str) or isinstance(others, str) or len(tap.of) != 1 or tap.of[0].op != "part":
        return None
    rank = _sliced_axes(summand)
    if rank is None:
        return None
    grouped = tap.is_("mul", TENSOR)
    if not grouped and tap.op not in ("matmul", *(f"conv{axes}d" for axes in range(1, rank))):
        return None
    made = a.make(f"conv{rank}d" + ("grouped" if grouped else ""), tap.of[0].of)
    terms, constants = (others.of, others.constants) if others.op == "add" else ((others,), "")
    left: list[Expr] = [term for term in terms if term not in (tap, made)]
    return a.add(*left, made, *constants) if len(left) < len(terms) else None


def _sliced_axes(summand: Node) -> int | None:
    """How many axes there are behind batch and channels, where a slice of these is what `summand` weighs."""
    part = next((child for child in summand.inputs if child is not None and child.varies), None)
    whole = part.inputs[0] if part is not None and part.op == "part" else None
    if part is None or whole is None:
        return None
    like = len(part.shape) == len(whole.shape) > 2 and part.shape[:2] == whole.shape[:2]
    return len(whole.shape) - 2 if like else None
