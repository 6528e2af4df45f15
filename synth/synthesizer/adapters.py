"""Bridges between any two layouts and any two shapes.

There is one for every pair, so planning never gets stuck.  The text is what a person would write: a mean over
positions, a flatten, a 1x1 convolution, an interpolation.
"""

from __future__ import annotations

import math

from operators.effects import averaged, collapsed, extreme, is_flat, kept, mixed, normalised, viewed
from operators.reshaping import factors
from operators.spec import (
    AXES,
    Arg,
    Form,
    Layout,
    Limits,
    Make,
    Shape,
    Stats,
    channels_of,
    expr,
    loose,
    module,
    param,
    shape_of,
    size_of,
    spatial_of,
)
from synth.synthesizer.scope import Scope, Value

MOST_ELEMENTS = 50_000
_RECURRENT = {"RNN", "LSTM", "GRU", "RNNCell", "LSTMCell", "GRUCell", "RNNBase", "RNNCellBase"}


def _emit(scope: Scope, text: str, x: Value, layout: Layout, shape: Shape) -> Value:
    """A view of the same numbers."""
    scope.root.program.adapters += 1
    return scope.write(expr(text), x, layout, shape, viewed(x.stats))


def _gather(scope: Scope, x: Value, axes: tuple[int, ...], layout: Layout) -> Value:
    """One number in place of `axes`: their mean, or their maximum where the mean is known to be constant."""
    shape = tuple(s for a, s in enumerate(x.shape) if a not in axes)
    count = size_of(x.shape) // size_of(shape)
    flat = is_flat(x.stats, axes)
    dim = str(axes[0]) if len(axes) == 1 else str(axes)
    if flat or scope.rng.random() < 0.25:
        text, stats = f"{{x}}.amax(dim={dim})", extreme(count)(x.stats)
    else:
        stats = averaged(count)(x.stats)
        text = f"{{x}}.mean(dim={dim})" if scope.rng.random() < 0.7 else f"torch.mean({{x}}, dim={dim})"
    scope.program.adapters += 1
    return scope.write(expr(text), x, layout, shape, stats)


def to_layout(scope: Scope, x: Value, target: Layout) -> Value:
    """`x` in another layout."""
    if x.layout is target:
        return x
    if target is Layout.VECTOR:
        return _to_vector(scope, x)
    if target is Layout.SEQUENCE:
        return _to_sequence(scope, x)
    if x.layout is Layout.VECTOR:
        return _from_vector(scope, x, target)
    if x.layout is Layout.SEQUENCE:
        if target is Layout.IMAGE and x.shape[1] >= 4 and x.shape[2] >= 4 and scope.rng.random() < 0.4:
            return _emit(scope, "{x}.unsqueeze(1)", x, target, (x.shape[0], 1, *x.shape[1:]))
        turned = (x.shape[0], x.shape[2], x.shape[1])
        if target is Layout.SIGNAL:
            text = scope.rng.choice(("{x}.transpose(1, 2)", "{x}.permute(0, 2, 1)"))
            return _emit(scope, text, x, target, turned)
        sizes = split(x.shape[1], AXES[target] - 2)
        text = f"{{x}}.transpose(1, 2).unflatten(2, {sizes})"
        return _emit(scope, text, x, target, (*turned[:2], *sizes))
    return _between_maps(scope, x, target)


def split(number: int, count: int) -> tuple[int, ...]:
    """`number` as a product of `count` sizes, none needlessly large."""
    if count == 1:
        return (number,)
    large, small = factors(number)
    if count == 2:
        return (small, large)
    return (*split(small if small > 3 else 1, 1), *split(large if small > 3 else number, 2))


def _to_vector(scope: Scope, x: Value) -> Value:
    features = x.size // x.shape[0]
    if features <= 384 and scope.rng.random() < 0.6:
        text = scope.rng.choice(("torch.flatten({x}, 1)", "{x}.flatten(1)", "{x}.reshape({x}.size(0), -1)"))
        return _emit(scope, text, x, Layout.VECTOR, (x.shape[0], features))
    if x.layout is Layout.SEQUENCE:
        if x.maker in _RECURRENT and scope.rng.random() < 0.6:
            return _emit(scope, "{x}[:, -1]", x, Layout.VECTOR, (x.shape[0], x.shape[2]))
        return _gather(scope, x, (1,), Layout.VECTOR)
    return _gather(scope, x, tuple(range(2, len(x.shape))), Layout.VECTOR)


def _to_sequence(scope: Scope, x: Value) -> Value:
    batch = x.shape[0]
    if x.layout is Layout.VECTOR:
        length, width = _split_features(x.shape[1])
        if scope.rng.random() < 0.3 or length == 1:
            return _emit(scope, "{x}.unsqueeze(1)", x, Layout.SEQUENCE, (batch, 1, x.shape[1]))
        texts = (f"{{x}}.unflatten(1, ({length}, {width}))", f"{{x}}.reshape({{x}}.size(0), {length}, {width})")
        return _emit(scope, scope.rng.choice(texts), x, Layout.SEQUENCE, (batch, length, width))
    if x.layout is Layout.SIGNAL:
        text = scope.rng.choice(("{x}.transpose(1, 2)", "{x}.permute(0, 2, 1)"))
        return _emit(scope, text, x, Layout.SEQUENCE, (batch, x.shape[2], x.shape[1]))
    positions = size_of(x.shape[2:])
    text = "{x}.flatten(2).transpose(1, 2)"
    if x.layout is Layout.IMAGE and scope.rng.random() < 0.3:
        text = "{x}.permute(0, 2, 3, 1).flatten(1, 2)"
    return _emit(scope, text, x, Layout.SEQUENCE, (batch, positions, x.shape[1]))


def _split_features(features: int) -> tuple[int, int]:
    """Features as positions times width."""
    for length in (8, 6, 4, 10, 5, 3, 2):
        if features % length == 0 and features // length >= 4:
            return length, features // length
    return 1, features


def _from_vector(scope: Scope, x: Value, target: Layout) -> Value:
    """A vector read as maps, through a projection when its size does not divide well."""
    batch, features = x.shape
    rank = AXES[target] - 2
    side = {1: 16, 2: 6, 3: 4}[rank]
    positions = side**rank
    if features % positions == 0 and features // positions >= 2:
        channels = features // positions
    elif rank == 1 and _split_features(features)[0] > 1:
        length, channels = _split_features(features)
        return _emit(scope, f"{{x}}.unflatten(1, ({channels}, {length}))", x, target, (batch, channels, length))
    else:
        channels = 8 if rank < 3 else 4
        x = project(scope, x, channels * positions)
    sizes = (channels, *(side,) * rank)
    written = ", ".join(map(str, sizes))
    text = scope.rng.choice((f"{{x}}.view(-1, {written})", f"{{x}}.reshape({{x}}.size(0), {written})"))
    if target is Layout.SIGNAL or scope.rng.random() < 0.4:
        text = f"{{x}}.unflatten(1, ({written}))"
    elif "view" in text:
        text = f"{{x}}.reshape(-1, {written})"
    return _emit(scope, text, x, target, (batch, *sizes))


def _between_maps(scope: Scope, x: Value, target: Layout) -> Value:
    """Signal, image and volume into one another."""
    batch, channels = x.shape[:2]
    have, want = AXES[x.layout], AXES[target]
    rng = scope.rng
    if have > want:
        if have - want == 1 and channels * x.shape[2] <= 96 and rng.random() < 0.4:
            return _emit(scope, "{x}.flatten(1, 2)", x, target, (batch, channels * x.shape[2], *x.shape[3:]))
        if have - want == 1 and rng.random() < 0.4:
            return _gather(scope, x, (rng.choice((2, have - 1)),), target)
        if target is Layout.IMAGE:
            shape = (batch, channels, x.shape[2] * x.shape[3], x.shape[4])
            return _emit(scope, "{x}.flatten(2, 3)", x, target, shape)
        return _emit(scope, "{x}.flatten(2)", x, target, (batch, channels, size_of(x.shape[2:])))
    if have == 4:  # image to volume
        depth = next((d for d in (4, 3, 2) if channels % d == 0 and channels // d >= 2), 0)
        if depth:
            sizes = (channels // depth, depth)
            text = f"{{x}}.unflatten(1, {sizes})"
            return _emit(scope, text, x, target, (batch, *sizes, *x.shape[2:]))
        return _emit(scope, "{x}.unsqueeze(2)", x, target, (*x.shape[:2], 1, *x.shape[2:]))
    spread = split(x.shape[2], want - 2)
    text = f"{{x}}.unflatten(2, {spread})"
    if rng.random() < 0.4:
        text = f"{{x}}.reshape({{x}}.size(0), -1, {', '.join(map(str, spread))})"
    return _emit(scope, text, x, target, (batch, channels, *spread))


def project(scope: Scope, x: Value, channels: int) -> Value:
    """Another number of features: a linear layer, or a 1x1 convolution."""
    have = channels_of(x.layout, x.shape)
    shape = shape_of(x.layout, x.shape[0], channels, spatial_of(x.layout, x.shape))
    if x.layout in (Layout.VECTOR, Layout.SEQUENCE):
        form = module("nn.Linear", "proj", Arg("", have, "in_features"), Arg("", channels, "out_features"))
    else:
        rank = AXES[x.layout] - 2
        args = (Arg("", have, "in_channels"), Arg("", channels, "out_channels"), Arg("kernel_size", 1))
        form = module(f"nn.Conv{rank}d", "proj", *args)
    scope.program.adapters += 1
    return scope.write(
        form, x, x.layout, shape, mixed(axis=len(shape) - 1 if x.layout is Layout.SEQUENCE else 1)(x.stats)
    )


def resize(scope: Scope, x: Value, spatial: Shape) -> Value:
    """Other spatial sizes: pooled when smaller, interpolated when larger."""
    have = spatial_of(x.layout, x.shape)
    shape = shape_of(x.layout, x.shape[0], channels_of(x.layout, x.shape), spatial)
    rank = len(spatial)
    written = str(spatial[0]) if len(set(spatial)) == 1 else str(spatial)
    smaller = size_of(spatial) <= size_of(have)
    copied = any(h == 1 and s > 1 for h, s in zip(have, spatial, strict=True))
    if copied and x.size // x.shape[0] * size_of(shape[1:]) <= 300_000:
        return _spread_out(scope, x, shape)
    if x.layout is Layout.SEQUENCE:
        inner = "{x}.transpose(1, 2)"
        call = f"F.adaptive_avg_pool1d({inner}, {written})" if smaller else f"F.interpolate({inner}, size={written})"
        text = f"{call}.transpose(1, 2)"
    elif smaller:
        text = f"F.adaptive_avg_pool{rank}d({{x}}, {written})"
    else:
        text = f"F.interpolate({{x}}, size={written})"
    axes = tuple(range(1, 2)) if x.layout is Layout.SEQUENCE else tuple(range(2, len(x.shape)))
    effect = collapsed(axes, averaged(max(1, size_of(have) // size_of(spatial)))) if smaller else kept
    scope.program.adapters += 1
    form = expr(text)
    if copied and x.layout is not Layout.SEQUENCE:
        # Copies of one position would have no variation along their axis: weigh them.
        weights = tuple(s if h == 1 else 1 for h, s in zip(have, spatial, strict=True))
        position = param("position", (1, shape[1], *weights), "torch.rand({}) + 0.5")
        form = loose(f"{text} * {{p}}", ("p", position))
    return scope.write(form, x, x.layout, shape, effect(x.stats))


def _spread_out(scope: Scope, x: Value, shape: Shape) -> Value:
    """A single position becomes several: copies of it would have no variation, so a projection makes them."""
    target = size_of(shape[1:])
    form = Form("{m}({x}.flatten(1))", (("m", linear_make(x.size // x.shape[0], target, "expand")),))
    vector = scope.write(form, x, Layout.VECTOR, (x.shape[0], target), mixed()(x.stats))
    sizes = ", ".join(map(str, shape[1:]))
    return _emit(scope, f"{{x}}.reshape(-1, {sizes})", vector, x.layout, shape)


def fit(scope: Scope, x: Value, limits: Limits) -> Value:
    """`x` with sizes within `limits` and the element budget."""
    spatial = spatial_of(x.layout, x.shape)
    channels = channels_of(x.layout, x.shape)
    wanted = min(max(channels, limits.least), limits.widest)
    if wanted % limits.multiple:
        wanted += limits.multiple - wanted % limits.multiple
    if x.layout is Layout.VECTOR:
        wanted = wanted if wanted <= 1024 else 256
    sizes = tuple(min(max(s, limits.low), max(limits.high, limits.low)) for s in spatial)
    while x.shape[0] * wanted * size_of(sizes) > MOST_ELEMENTS:
        if sizes and max(sizes) > max(limits.low, 4):
            largest = max(sizes)
            sizes = tuple(max(limits.low, s // 2) if s == largest else s for s in sizes)
        elif wanted // 2 >= max(limits.least, limits.multiple):
            wanted = max(wanted // 2 // limits.multiple, 1) * limits.multiple
        else:
            break
    if sizes != spatial and size_of(sizes) <= size_of(spatial):
        x = resize(scope, x, sizes)
    if wanted != channels:
        x = project(scope, x, wanted)
    if spatial_of(x.layout, x.shape) != sizes:
        x = resize(scope, x, sizes)
    return x


def match(scope: Scope, x: Value, like: Value) -> Value:
    """`x` in the layout and shape of `like`."""
    x = to_layout(scope, x, like.layout)
    spatial, channels = spatial_of(like.layout, like.shape), channels_of(like.layout, like.shape)
    if spatial_of(x.layout, x.shape) != spatial:
        x = resize(scope, x, spatial)
    if channels_of(x.layout, x.shape) != channels:
        x = project(scope, x, channels)
    return x


def standardise(scope: Scope, x: Value) -> Value:
    """Bring numbers that have grown or faded back to mean 0 and spread 1."""
    if x.size < 8:
        x = project(scope, x, 16)  # too few numbers to have a spread
    last = x.shape[-1]
    scope.program.adapters += 1
    if last >= 8 and x.stats.flat == () and x.stats.signal > 0 and scope.rng.random() < 0.5:
        form: Form = expr("F.layer_norm({x}, {x}.shape[-1:])")
        stats = normalised(x.stats)._replace(flat=(len(x.shape) - 1,))
    else:
        form = loose("({x} - {x}.mean()) / ({x}.std() + 1e-5)")
        stats = normalised(x.stats)._replace(flat=x.stats.flat)
    return scope.write(form, x, x.layout, x.shape, stats)


def bend(scope: Scope, x: Value) -> Value:
    """A non-linearity, after which sums over an axis are no longer constant."""
    texts = ("F.gelu({x})", "F.silu({x})", "torch.sin({x})")
    stats = x.stats
    scope.program.adapters += 1
    after = Stats(stats.mean * 0.5, max(stats.std * 0.6, 1e-9), stats.signal * 0.6)
    return scope.write(expr(scope.rng.choice(texts)), x, x.layout, x.shape, after)


def narrow_gate(x: Value) -> str:
    """Index text that lines a (B, C) vector up with maps of `x`'s layout."""
    if x.layout is Layout.SEQUENCE:
        return ".unsqueeze(1)"
    return "[:, :" + ", None" * (len(x.shape) - 2) + "]" if len(x.shape) > 2 else ""


def linear_make(inputs: int, outputs: int, hint: str = "proj") -> Make:
    """A linear layer for joins."""
    return Make("nn.Linear", (Arg("", inputs, "in_features"), Arg("", outputs, "out_features")), hint)


def spread_of(stats: Stats) -> float:
    """How large the numbers are."""
    return math.hypot(stats.mean, stats.std)
