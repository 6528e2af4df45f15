"""Padding of spatial axes: zeros, constants, reflection, replication and wrap-around."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from operators.effects import bordered, kept
from operators.spec import OF_RANK, Arg, Form, Limits, Operator, Site, Step, expr, module

_MODES = {"Reflection": "reflect", "Replication": "replicate", "Circular": "circular"}


@lru_cache(maxsize=1024)
def _spellings(kind: str, rank: int, amounts: tuple[tuple[int, int], ...]) -> tuple[Form, ...]:
    """The ways to write a padding that needs no value."""
    flat, written = _written(amounts)
    mode = f', mode="{_MODES[kind]}"' if kind in _MODES else ""
    return (
        module(f"nn.{kind}Pad{rank}d", "pad", _amounts(written), weight=3.0),
        expr(f"F.pad({{x}}, {flat}{mode})"),
    )


def _written(amounts: tuple[tuple[int, int], ...]) -> tuple[tuple[int, ...], object]:
    """The amounts as torch has them, last axis first, and as one number where they are all the same."""
    flat = tuple([amount for pair in reversed(amounts) for amount in pair])
    return flat, flat[0] if len(set(flat)) == 1 else flat


def _amounts(written: object) -> Arg:
    return Arg("", written, "padding" if isinstance(written, int) else "")


def _near(site: Site) -> float:
    """A value near the values themselves, so that the border neither wins every maximum nor hides in it."""
    stats = site.stats
    return round(stats.mean + site.rng.choice((0.0, 0.25, 0.5, -0.5, 1.0)) * min(stats.std, 2.0), 2)


def _constant(site: Site, rank: int, amounts: tuple[tuple[int, int], ...], value: float) -> tuple[Form, ...]:
    """The ways to write a padding with a value."""
    flat, written = _written(amounts)
    rng = site.rng
    tail = f", value={value}" if rng.random() < 0.5 else f', mode="constant", value={value}'
    return (
        module(f"nn.ConstantPad{rank}d", "pad", _amounts(written), Arg("", value, "pad_value"), weight=3.0),
        expr(f"F.pad({{x}}, {flat}{tail})"),
    )


def _pad_plan(kind: str, rank: int) -> Callable[[Site], Step]:
    def plan(site: Site) -> Step:
        rng, spatial = site.rng, site.spatial
        # Reflection cannot reach past the other end and wrap-around not past one whole turn; and a border as
        # wide as the content would drown it.
        most = max(1, min(3 if rank < 3 else 2, min(spatial) // 2))
        amounts = tuple([(rng.randint(0, most), rng.randint(0, most)) for _ in spatial])
        if rng.random() < 0.6:
            both = rng.randint(1, most)
            amounts = ((both, both),) * rank
        sizes = [size + before + after for size, (before, after) in zip(spatial, amounts, strict=True)]
        shape = (site.batch, site.channels, *sizes)
        if kind == "Constant":
            value = _near(site)
            return Step(site.layout, shape, _constant(site, rank, amounts, value), bordered(value))
        return Step(site.layout, shape, _spellings(kind, rank, amounts), bordered(0.0) if kind == "Zero" else kept)

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
