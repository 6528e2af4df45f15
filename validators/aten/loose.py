"""A graph's loose form as data, and what it is compared by: its root, and features of neighbourhoods.  Torch-free."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

from validators.aten.expression import UNORDERED, Expr

#: a graph as data, see `flattened`
Loose = Sequence[Sequence[Any]]


def below(outputs: Sequence[Expr]) -> list[Expr]:
    """Every expression that an output depends on, operands first, inputs aside."""
    order: list[Expr] = []
    seen: set[int] = set()
    stack: list[tuple[Expr, bool]] = [(e, False) for e in outputs]
    while stack:
        expr, ready = stack.pop()
        if ready:
            order.append(expr)
        elif id(expr) not in seen and expr.op != "input":
            seen.add(id(expr))
            stack.append((expr, True))
            stack.extend((operand, False) for operand in expr.of)
    return order


def root(outputs: Sequence[Expr]) -> str:
    """32 hex digits that two graphs share when their loose forms are the same."""
    digest = blake2b(digest_size=16)
    for part in sorted({output.digest for output in outputs}):
        digest.update(part)
    return digest.hexdigest()


def flattened(outputs: Sequence[Expr]) -> Loose:
    """The graph as data, operands first: `[operator, constants, operands]`, where -1 is an input.

    Operators whose operands have no order are marked with "~".
    """
    order = below(outputs)
    at = {id(expr): index for index, expr in enumerate(order)}
    return [[f"~{e.op}" if e.op in UNORDERED else e.op, e.constants, [at.get(id(o), -1) for o in e.of]] for e in order]


def neighbourhoods(loose: Loose, hops: int = 2) -> Counter[str]:
    """Weisfeiler-Lehman features (N. Shervashidze et al., JMLR 12, 2011) that look backwards along the data.

    Each node counts once, with as many hops, up to `hops`, as lie between it and the nearest input: so a graph keeps
    its features when something else is put in front of it.
    """
    depth: list[int] = []
    for _, _, of in loose:
        depth.append(min((0 if o < 0 else depth[o] + 1 for o in of), default=0))
    levels = _levels(loose, hops)
    return Counter(levels[min(hops, at)][index] for index, at in enumerate(depth))


def all_neighbourhoods(loose: Loose, hops: int = 2) -> Counter[str]:
    """The same with every number of hops from 0 to `hops` for each node: what a part is looked for in."""
    return Counter(feature for level in _levels(loose, hops) for feature in level)


def _levels(loose: Loose, hops: int) -> list[list[str]]:
    """For each number of hops: the feature of each node."""
    levels = [[_feature("0", op, own) for op, own, _ in loose]]
    for hop in range(1, hops + 1):
        before = levels[-1]
        found = [
            _feature(str(hop), op, own, *sorted(before[o] if o >= 0 else "input" for o in of)) for op, own, of in loose
        ]
        levels.append(found)
    return levels


def _feature(*parts: str) -> str:
    return blake2b("|".join(parts).encode(), digest_size=8).hexdigest()
