"""The whole forward pass: stages, towers and the first input."""

from __future__ import annotations

from collections.abc import Sequence

from operators.spec import Layout, Operator, expr, loose
from synth.synthesizer.blocks import join, run_group
from synth.synthesizer.itinerary import Stage, plan_stages
from synth.synthesizer.opening import draw_scale, start
from synth.synthesizer.ordered import ordered_stages
from synth.synthesizer.scope import Scope, Value
from synth.synthesizer.steps import enough

# Operators of fused families that are library calls all the same.
_LIBRARY = {"Cdist", "Median", "TopK", "Sort", "CumMax", "CumMin", "LogCumSumExp"}
_FUSED = {"activations", "element_wise_ops", "pointwise", "normalizations", "bias", "reductions", "losses", "lazy_norm"}


def plan_forward(scope: Scope, entries: Sequence[Operator]) -> Value:
    """Write all `entries` in `scope` and return the result."""
    ordered = scope.program.ordered
    stages = ordered_stages(entries, scope.rng) if ordered else plan_stages(entries, scope.rng)
    batch = draw_scale(scope, entries)
    # A second input joins where an adapter would stand otherwise.
    cuts = [at + 1 for at, stage in enumerate(stages[:-1]) if not stage.closed]
    # Two maps of unlike shapes meet as map and vector, so it costs nothing where the second path ends in a vector.
    if cuts and not ordered and scope.rng.random() < (0.5 if stages[-1].layout is Layout.VECTOR else 0.25):
        cut = scope.rng.choice(cuts)
        left = _run(scope, stages[:cut], start(scope, stages[:cut], batch))
        right = _run(scope, stages[cut:], start(scope, stages[cut:], batch))
        x = join(scope, left, right)
    else:
        x = _run(scope, stages, start(scope, stages, batch))
    x = _finish(scope, entries, x)
    return enough(scope, x)


def _run(scope: Scope, stages: list[Stage], x: Value) -> Value:
    for stage in stages:
        # No adapter here: an operator that can be written in the layout at hand is, and the first that cannot
        # brings the value home.
        program = scope.program
        program.home, program.following, program.ahead = stage.layout, stage.following, stage.operators[::-1]
        for group in stage.groups:
            x = run_group(scope, group, x)
    return x


def _finish(scope: Scope, entries: Sequence[Operator], x: Value) -> Value:
    """Something to fuse: programs of library calls alone give a kernel writer nothing to do."""
    for entry in entries:
        if entry.family in _FUSED and entry.name not in _LIBRARY:
            if scope.rng.random() < 0.93:
                return x
            break
    start = scope.inputs[0].value
    if start.shape == x.shape and start is not x and scope.rng.random() < 0.5:
        return scope.write(loose("torch.tanh({x}) + {y}"), x, x.layout, x.shape, x.stats, others={"y": start})
    texts = ("torch.sin({x})", "torch.tanh({x})", "F.gelu({x})", "{x} * torch.sigmoid({x})", "F.silu({x})")
    text = scope.rng.choice(texts if abs(x.stats.mean) < 2 else texts[:1])  # far from 0 the others lose the value
    form = loose(text) if " * " in text else expr(text)
    return scope.write(form, x, x.layout, x.shape, x.stats)
