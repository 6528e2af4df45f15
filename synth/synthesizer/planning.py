"""The whole forward pass: stages, towers and the first input."""

from __future__ import annotations

from collections.abc import Sequence

from operators.registry import get
from operators.spec import Layout, Operator, expr, loose, shape_of
from synth.synthesizer.adapters import MOST_ELEMENTS
from synth.synthesizer.blocks import join, run_group
from synth.synthesizer.itinerary import Stage, plan_stages
from synth.synthesizer.ordered import ordered_stages
from synth.synthesizer.scope import Scope, Value
from synth.synthesizer.steps import enough

# Operators of fused families that are library calls all the same.
_LIBRARY = {"Cdist", "Median", "TopK", "Sort", "CumMax", "CumMin", "LogCumSumExp"}
_FUSED = {"activations", "element_wise_ops", "pointwise", "normalizations", "bias", "reductions", "losses", "lazy_norm"}
_BATCHES = (1, 2, 2, 3, 4, 4, 4, 5, 6, 8, 8, 8, 10, 12, 16)


def plan_forward(scope: Scope, pattern: Sequence[str]) -> Value:
    """Write every operator of `pattern` in `scope` and return the result."""
    entries = [get(name) for name in pattern]
    ordered = scope.program.ordered
    stages = ordered_stages(entries, scope.rng) if ordered else plan_stages(entries, scope.rng)
    batch = scope.rng.choice(_BATCHES)
    if len(stages) >= 2 and not ordered and scope.rng.random() < 0.3:
        cut = scope.rng.randint(1, len(stages) - 1)
        left = _run(scope, stages[:cut], _first(scope, stages[:cut], batch))
        right = _run(scope, stages[cut:], _first(scope, stages[cut:], batch))
        x = join(scope, left, right)
    else:
        x = _run(scope, stages, _first(scope, stages, batch))
    x = _finish(scope, entries, x)
    return enough(scope, x)


def _run(scope: Scope, stages: list[Stage], x: Value) -> Value:
    for stage in stages:
        # No adapter here: an operator that can be written in the layout at hand is, and the first that cannot
        # brings the value home.
        scope.program.home = stage.layout
        for group in stage.groups:
            x = run_group(scope, group, x)
    return x


def _first(scope: Scope, stages: list[Stage], batch: int) -> Value:
    """The input of a tower: large enough for what its first stage does, and no larger than need be."""
    rng = scope.rng
    layout = stages[0].layout
    entries = stages[0].operators
    limits = [e.limits for e in entries]
    low = max(limit.low for limit in limits)
    high = min(limit.high for limit in limits)
    multiple = max(limit.multiple for limit in limits)
    least = max(limit.least for limit in limits)
    widest = min(limit.widest for limit in limits)
    shrink = 1.0
    for limit in limits:
        shrink *= limit.shrink if limit.shrink > 1 else 1.0
    channels = _channels(scope, layout, any(e.phase == 1 for e in entries))
    channels = max(least, min(channels, widest))
    channels += -channels % multiple
    rank = {Layout.VECTOR: 0, Layout.SEQUENCE: 1, Layout.SIGNAL: 1, Layout.IMAGE: 2, Layout.VOLUME: 3}[layout]
    menu = {
        0: (1,),
        1: (8, 10, 12, 16, 20, 24, 32, 48, 50, 64, 100),
        2: (8, 10, 12, 14, 16, 16, 20, 24, 28, 32),
        3: (4, 5, 6, 8, 8, 10, 12),
    }[rank]
    if layout is Layout.SEQUENCE:
        menu = (4, 5, 6, 7, 8, 10, 12, 16, 20, 24, 32)
    floor = int(low * min(shrink, (64, 16, 8, 4)[rank]))
    sizes = tuple(max(rng.choice(menu), floor) for _ in range(rank))
    if rank > 1 and rng.random() < 0.65:
        sizes = (sizes[0],) * rank
    sizes = tuple(max(min(s, high), low) for s in sizes)
    while batch * channels * _product(sizes) > MOST_ELEMENTS // 2 and batch > 1:
        batch = max(1, batch // 2)
    previous = scope.root.inputs
    if previous:
        batch = previous[0].value.shape[0]
    return scope.add_input(layout, shape_of(layout, batch, channels, sizes))


def _product(sizes: tuple[int, ...]) -> int:
    total = 1
    for size in sizes:
        total *= size
    return total


def _channels(scope: Scope, layout: Layout, heavy: bool) -> int:
    rng = scope.rng
    if layout is Layout.VECTOR:
        return rng.choice((16, 20, 24, 32, 40, 48, 50, 64, 64, 80, 96, 100, 128))
    if layout is Layout.SEQUENCE:
        return rng.choice((8, 12, 16, 16, 20, 24, 32, 32, 40, 48, 64))
    if heavy and rng.random() < 0.5:
        return rng.choice((1, 2, 3, 3, 3, 4, 5))
    return rng.choice((4, 6, 8, 8, 10, 12, 16, 16, 24))


def _finish(scope: Scope, entries: Sequence[Operator], x: Value) -> Value:
    """Something to fuse: programs of library calls alone give a kernel writer nothing to do."""
    if any(e.family in _FUSED and e.name not in _LIBRARY for e in entries) and scope.rng.random() < 0.93:
        return x
    start = scope.inputs[0].value
    if start.shape == x.shape and start is not x and scope.rng.random() < 0.5:
        return scope.write(loose("torch.tanh({x}) + {y}"), x, x.layout, x.shape, x.stats, others={"y": start})
    text = scope.rng.choice(
        ("torch.sin({x})", "torch.tanh({x})", "F.gelu({x})", "{x} * torch.sigmoid({x})", "F.silu({x})")
    )
    form = loose(text) if " * " in text else expr(text)
    return scope.write(form, x, x.layout, x.shape, x.stats)
