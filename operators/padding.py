"""Padding of spatial axes: zeros, constants, reflection, replication and wrap-around."""

from __future__ import annotations

from collections.abc import Callable

from operators.effects import kept
from operators.spec import OF_RANK, Arg, Limits, Operator, Site, Step, expr, module

_MODES = {"Reflection": "reflect", "Replication": "replicate", "Circular": "circular"}


def padded(size: int, before: int, after: int) -> int:
    """A size after padding both ends."""
    return size + before + after


def _pad_plan(kind: str, rank: int) -> Callable[[Site], Step]:
    def plan(site: Site) -> Step:
        rng = site.rng
        # Reflection cannot reach past the other end and wrap-around not past one whole turn; and a border as
        # wide as the content would drown it.
        most = max(1, min(3 if rank < 3 else 2, min(site.spatial) // 2))
        amounts = [(rng.randint(0, most), rng.randint(0, most)) for _ in site.spatial]
        if rng.random() < 0.6:
            both = rng.randint(min(1, most), most)
            amounts = [(both, both)] * rank
        sizes = tuple([padded(s, *a) for s, a in zip(site.spatial, amounts, strict=True)])
        flat = tuple([n for pair in reversed(amounts) for n in pair])
        written: object = flat[0] if len(set(flat)) == 1 else flat
        args = [Arg("", written, "padding" if isinstance(written, int) else "")]
        call = f"F.pad({{x}}, {flat}"
        if kind == "Constant":
            # Near the values themselves, so that the border neither wins every maximum nor hides in it.
            value = round(site.stats.mean + rng.choice((0.0, 0.25, 0.5, -0.5, 1.0)) * min(site.stats.std, 2.0), 2)
            args.append(Arg("", value, "pad_value"))
            call += f", value={value}" if rng.random() < 0.5 else f', mode="constant", value={value}'
        elif kind in _MODES:
            call += f', mode="{_MODES[kind]}"'
        forms = (module(f"nn.{kind}Pad{rank}d", "pad", *args, weight=3.0), expr(call + ")"))
        return Step(site.layout, site.with_sizes(spatial=sizes), forms, kept)

    return plan


def _pad(kind: str, rank: int) -> Operator:
    limits = Limits(low=3)
    events = (f"M:{kind}Pad{rank}d", "F:pad")
    return Operator(
        f"{kind}Pad{rank}d", "supporting", "padding", (OF_RANK[rank],), _pad_plan(kind, rank), events, limits, 0
    )


OPERATORS = tuple(
    _pad(kind, rank) for kind in ("Zero", "Reflection", "Replication", "Circular", "Constant") for rank in (1, 2, 3)
)
