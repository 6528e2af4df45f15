"""Repairs of a value's numbers, whose shape stays: spread, sums that are constant, extremes that say nothing."""

from __future__ import annotations

from operators.effects import normalised_over
from operators.spec import Stats, expr, loose
from synth.synthesizer.adapters import project
from synth.synthesizer.scope import Scope, Value


def standardise(scope: Scope, x: Value) -> Value:
    """Bring numbers that have grown or faded back to mean 0 and spread 1."""
    if x.size < 8:
        x = project(scope, x, 16)  # too few numbers to have a spread
    last = x.shape[-1]
    scope.program.adapters += 1
    if last >= 8 and x.stats.flat == () and x.stats.signal > 0 and scope.rng.random() < 0.5:
        form = expr("F.layer_norm({x}, {x}.shape[-1:])")
        stats = normalised_over((len(x.shape) - 1,))(x.stats)
    else:
        form = loose("({x} - {x}.mean()) / ({x}.std() + 1e-5)")
        stats = normalised_over(x.stats.flat)(x.stats)
    return scope.write(form, x, x.layout, x.shape, stats)


def bend(scope: Scope, x: Value) -> Value:
    """A non-linearity, after which sums over an axis are no longer constant."""
    if x.stats.std < max(0.05, 0.5 * abs(x.stats.mean)):
        x = standardise(scope, x)  # over small numbers, or far from 0, these curves are straight lines
    stats = x.stats
    texts = ("F.gelu({x})", "F.silu({x})", "torch.sin({x})") if stats.std > 0.5 else ("F.gelu({x})", "F.silu({x})")
    scope.program.adapters += 1
    after = Stats(stats.mean * 0.5, max(stats.std * 0.6, 1e-9), stats.signal * 0.6)
    return scope.write(expr(scope.rng.choice(texts)), x, x.layout, x.shape, after)


def loosen(scope: Scope, x: Value) -> Value:
    """Values between bounds, each row of them shifted by its own mean: their extremes differ again."""
    axis = next((a for a in range(len(x.shape) - 1, 0, -1) if x.shape[a] > 1), 0)
    if not axis:
        return standardise(scope, x)
    scope.program.adapters += 1
    form = loose(f"{{x}} - {{x}}.mean(dim={axis}, keepdim=True)")
    return scope.write(form, x, x.layout, x.shape, Stats(0.0, x.stats.std, x.stats.signal, (axis,)))
