"""Bridges between any two layouts and any two shapes.

There is one for every pair, so planning never gets stuck.  The text is what a person would write: a mean over
positions, a flatten, a 1x1 convolution, a patch embedding, an interpolation.
"""

from __future__ import annotations

from operators.effects import averaged, collapsed, extreme, is_flat, kept, mixed
from operators.reshaping import factors
from operators.spec import (
    ANYTHING,
    AXES,
    Arg,
    Layout,
    Limits,
    Make,
    Shape,
    channels_of,
    param,
    shape_of,
    size_of,
    spatial_of,
)
from synth.synthesizer.chain import Chain
from synth.synthesizer.scope import Scope, Value

_RECURRENT = {"RNN", "LSTM", "GRU", "RNNCell", "LSTMCell", "GRUCell", "RNNBase", "RNNCellBase"}
_THREE_AXES = (Layout.SEQUENCE, Layout.SIGNAL)
_PATCHED = 60_000  # weights that a patch embedding may have


def bridge(scope: Scope, x: Value, target: Layout, limits: Limits = ANYTHING) -> Value:
    """`x` in another layout, with sizes within `limits`."""
    if x.layout in _THREE_AXES and target in _THREE_AXES and scope.rng.random() < 0.75:
        # (B, L, D) may be read as a signal of L channels, (B, C, L) as C tokens: no statement is needed.
        channels, positions = (x.shape[2], x.shape[1]) if target is Layout.SEQUENCE else (x.shape[1], x.shape[2])
        if _suits(channels, limits) and limits.low <= positions <= limits.high:
            x.layout = target
            return x
    chain = Chain(scope, x)
    _to_layout(chain, target, limits)
    _fit(chain, limits)
    return chain.end()


def fits(x: Value, limits: Limits, budget: int) -> bool:
    """Whether `fit` would leave `x` as it is."""
    layout, shape = x.layout, x.shape
    if x.size > 1.5 * budget or (layout is Layout.VECTOR and shape[1] > 1024):
        return False
    if limits is ANYTHING:
        return True
    if layout is Layout.SEQUENCE:
        channels, spatial = shape[2], shape[1:2]
    else:
        channels, spatial = shape[1], shape[2:]
    if channels < limits.least or channels > limits.widest or channels % limits.multiple:
        return False
    return not spatial or (limits.low <= min(spatial) and max(spatial) <= limits.high)


def fit(scope: Scope, x: Value, limits: Limits) -> Value:
    """`x` with sizes within `limits` and the element budget."""
    chain = Chain(scope, x)
    _fit(chain, limits)
    return chain.end()


def match(scope: Scope, x: Value, like: Value) -> Value:
    """`x` in the layout and shape of `like`."""
    chain = Chain(scope, x)
    matched(chain, like)
    return chain.end()


def matched(chain: Chain, like: Value) -> None:
    """Bring what is in the chain to the layout and shape of `like`."""
    spatial, channels = spatial_of(like.layout, like.shape), channels_of(like.layout, like.shape)
    if like.layout is Layout.SEQUENCE and len(chain.shape) > 2 and chain.layout is not Layout.SEQUENCE:
        _to_layout(chain, Layout.SIGNAL)
        _resize(chain, spatial)
    _to_layout(chain, like.layout)
    _resize(chain, spatial)
    _project(chain, channels)


def _gather(chain: Chain, axes: tuple[int, ...], layout: Layout) -> None:
    """One number in place of `axes`: their mean, or their maximum where the mean is known to be constant."""
    shape = tuple([s for a, s in enumerate(chain.shape) if a not in axes])
    count = size_of(chain.shape) // size_of(shape)
    dim = str(axes[0]) if len(axes) == 1 else str(axes)
    rng = chain.scope.rng
    largest = extreme(count)(chain.stats)
    if is_flat(chain.stats, axes) or (largest.signal > 0 and rng.random() < (0.25 if count < 40 else 0.6)):
        chain.add(f"{{x}}.amax(dim={dim})", layout, shape, largest)
    else:
        text = f"{{x}}.mean(dim={dim})" if rng.random() < 0.7 else f"torch.mean({{x}}, dim={dim})"
        chain.add(text, layout, shape, averaged(count)(chain.stats))


def _to_layout(chain: Chain, target: Layout, limits: Limits = ANYTHING) -> None:
    layout, shape, rng = chain.layout, chain.shape, chain.scope.rng
    if layout is target:
        return None
    if target is Layout.VECTOR:
        _to_vector(chain, limits)
    elif target is Layout.SEQUENCE:
        _to_sequence(chain, limits)
    elif layout is Layout.VECTOR:
        _from_vector(chain, target, limits)
    elif layout is Layout.SEQUENCE:
        roomy = shape[1] >= 4 and shape[2] >= 4 and max(shape[1:]) <= limits.high and limits.least == 1
        if target is Layout.IMAGE and roomy and rng.random() < 0.4:
            return chain.view("{x}.unsqueeze(1)", target, (shape[0], 1, *shape[1:]))
        turned = (shape[0], shape[2], shape[1])
        if target is Layout.SIGNAL:
            return chain.view(rng.choice(("{x}.transpose(1, 2)", "{x}.permute(0, 2, 1)")), target, turned)
        sizes = split(shape[1], AXES[target] - 2)
        chain.view(f"{{x}}.transpose(1, 2).unflatten(2, {sizes})", target, (*turned[:2], *sizes))
    else:
        _between_maps(chain, target)
    return None


def split(number: int, count: int) -> tuple[int, ...]:
    """`number` as a product of `count` sizes, none needlessly large."""
    if count == 1:
        return (number,)
    large, small = factors(number)
    if count == 2:
        return (small, large)
    return (*split(small if small > 3 else 1, 1), *split(large if small > 3 else number, 2))


def _suits(width: int, limits: Limits) -> bool:
    """Whether a number of features needs no projection."""
    return limits.least <= width <= limits.widest and width % limits.multiple == 0


def _to_vector(chain: Chain, limits: Limits) -> None:
    shape, rng = chain.shape, chain.scope.rng
    features, channels = size_of(shape) // shape[0], channels_of(chain.layout, shape)
    ordered = chain.scope.program.ordered  # then the next operator is to be given what the last one made: a view
    fine = _suits(features, limits) or not _suits(channels, limits)
    flattened = features <= (1024 if ordered else 384) and fine
    if flattened and (ordered or rng.random() < 0.6 or not _suits(channels, limits)):
        text = rng.choice(("torch.flatten({x}, 1)", "{x}.flatten(1)", "{x}.reshape({x}.size(0), -1)"))
        return chain.view(text, Layout.VECTOR, (shape[0], features))
    if chain.layout is Layout.SEQUENCE:
        if chain.x.maker in _RECURRENT and rng.random() < 0.6:
            return chain.view("{x}[:, -1]", Layout.VECTOR, (shape[0], shape[2]))
        return _gather(chain, (1,), Layout.VECTOR)
    return _gather(chain, tuple(range(2, len(shape))), Layout.VECTOR)


def _to_sequence(chain: Chain, limits: Limits) -> None:
    shape, rng = chain.shape, chain.scope.rng
    batch = shape[0]
    if chain.layout is Layout.VECTOR:
        lengths = [n for n in (8, 6, 4, 10, 5, 3, 2) if shape[1] % n == 0 and shape[1] // n >= 4]
        fine = [n for n in lengths if limits.low <= n <= limits.high and _suits(shape[1] // n, limits)]
        if not fine and limits.low == 1 and (_suits(shape[1], limits) or not lengths):
            return chain.view("{x}.unsqueeze(1)", Layout.SEQUENCE, (batch, 1, shape[1]))
        if not fine and limits.low > 1:
            length = rng.choice([n for n in (4, 5, 6, 8) if n >= limits.low] or [limits.low])
            width = _width(limits, rng.choice((8, 12, 16)))
            chain.linear(length * width, "expand")
        else:
            length = (fine or lengths)[0]
            width = shape[1] // length
        texts = (f"{{x}}.unflatten(1, ({length}, {width}))", f"{{x}}.reshape(-1, {length}, {width})")
        return chain.view(rng.choice(texts), Layout.SEQUENCE, (batch, length, width))
    positions = size_of(shape[2:])
    if positions > limits.high or positions < limits.low or not _suits(shape[1], limits):
        if _in_rows(chain, limits):
            return None
        _patches(chain, limits)
        shape, positions = chain.shape, size_of(chain.shape[2:])
    if chain.layout is Layout.SIGNAL:
        text = rng.choice(("{x}.transpose(1, 2)", "{x}.permute(0, 2, 1)"))
    elif chain.layout is Layout.IMAGE and rng.random() < 0.3:
        text = "{x}.permute(0, 2, 3, 1).flatten(1, 2)"
    else:
        text = "{x}.flatten(2).transpose(1, 2)"
    return chain.view(text, Layout.SEQUENCE, (batch, positions, shape[1]))


def _in_rows(chain: Chain, limits: Limits) -> bool:
    """Whether the same numbers were read as positions and features within `limits`, where an order is asked for."""
    if not chain.scope.program.ordered:
        return False
    batch, features = chain.shape[0], size_of(chain.shape[1:])
    most = min(limits.high, features // 4, 64)
    for length in range(most, max(limits.low, 2) - 1, -1):
        width = features // length
        if features % length == 0 and width <= 256 and _suits(width, limits):
            chain.view(f"{{x}}.reshape({{x}}.size(0), {length}, {width})", Layout.SEQUENCE, (batch, length, width))
            return True
    return False


def _width(limits: Limits, wanted: int) -> int:
    """A number of features near `wanted` within `limits`."""
    wanted = max(limits.least, min(wanted, limits.widest))
    return wanted + -wanted % limits.multiple


def _patches(chain: Chain, limits: Limits) -> None:
    """Maps with fewer positions, and with features that suit: pooled, or a convolution over patches."""
    shape, rng = chain.shape, chain.scope.rng
    spatial = shape[2:]
    rank = len(spatial)
    if size_of(spatial) < limits.low:
        return _resize(chain, (max(2, limits.low), *(2,) * (rank - 1)))
    width = _width(limits, shape[1] if shape[1] >= 8 else rng.choice((16, 24, 32)))
    high = min(limits.high, 64)
    for side in range(1, max(spatial) + 1):
        sizes = tuple([s // side if side < s else 1 for s in spatial])
        if size_of(sizes) <= high:
            break
    weights = width * shape[1] * side**rank
    # oneDNN's bfloat16 convolution with a stride reads memory that nobody wrote to where its result is one wide.
    sound = side == 1 or sizes[-1] > 1 or chain.scope.program.dtype != "bfloat16"
    if sound and size_of(sizes) >= limits.low and weights <= _PATCHED and (width != shape[1] or rng.random() < 0.4):
        sides = tuple(min(side, s) for s in spatial)
        written: object = sides[0] if len(set(sides)) == 1 else sides
        tail = () if side == 1 else (Arg("stride", written),)
        args = (Arg("", shape[1], "in_channels"), Arg("", width, "embed_dim"), Arg("kernel_size", written), *tail)
        make = Make(f"nn.Conv{rank}d", args, "patch_embed" if side > 1 else "proj")
        if side > 1:
            chain.scope.program.idioms.append("patch embedding")
        return chain.add("{m}({x})", chain.layout, (shape[0], width, *sizes), mixed()(chain.stats), make)
    if size_of(sizes) < limits.low:
        sizes = (limits.low, *(1,) * (rank - 1))
    return _resize(chain, sizes)


def _split_features(features: int) -> tuple[int, int]:
    """Features as positions times width."""
    for length in (8, 6, 4, 10, 5, 3, 2):
        if features % length == 0 and features // length >= 4:
            return length, features // length
    return 1, features


def _from_vector(chain: Chain, target: Layout, limits: Limits) -> None:
    """A vector read as maps, through a projection when its size does not divide well."""
    (batch, features), rng = chain.shape, chain.scope.rng
    rank = AXES[target] - 2
    side = max(min({1: 16, 2: 6, 3: 4}[rank], limits.high), limits.low)
    if chain.scope.program.ordered and rank > 1:  # the largest maps that are a view of the vector
        views = (s for s in range(side, max(limits.low, 2) - 1, -1) if features % s**rank == 0)
        side = next((s for s in views if features // s**rank > 1 and _suits(features // s**rank, limits)), side)
    positions = side**rank
    length, width = _split_features(features)
    if features % positions == 0 and features // positions >= 2 and _suits(features // positions, limits):
        channels = features // positions
    elif rank == 1 and length > 1 and limits.low <= length <= limits.high and _suits(width, limits):
        return chain.view(f"{{x}}.unflatten(1, ({width}, {length}))", target, (batch, width, length))
    else:
        channels = _width(limits, 8 if rank < 3 else 4)
        chain.linear(channels * positions, "proj")
    sizes = (channels, *(side,) * rank)
    written = ", ".join(map(str, sizes))
    texts = (f"{{x}}.reshape(-1, {written})", f"{{x}}.unflatten(1, ({written}))")
    return chain.view(rng.choice(texts), target, (batch, *sizes))


def _between_maps(chain: Chain, target: Layout) -> None:
    """Signal, image and volume into one another."""
    shape, rng = chain.shape, chain.scope.rng
    batch, channels = shape[:2]
    have, want = AXES[chain.layout], AXES[target]
    if have > want:
        if have - want == 1 and channels * shape[2] <= 96 and rng.random() < 0.4:
            return chain.view("{x}.flatten(1, 2)", target, (batch, channels * shape[2], *shape[3:]))
        if have - want == 1 and not chain.scope.program.ordered and rng.random() < 0.4:
            return _gather(chain, (rng.choice((2, have - 1)),), target)
        if target is Layout.IMAGE:
            return chain.view("{x}.flatten(2, 3)", target, (batch, channels, shape[2] * shape[3], shape[4]))
        return chain.view("{x}.flatten(2)", target, (batch, channels, size_of(shape[2:])))
    if have == 4:  # image to volume
        depth = next((d for d in (4, 3, 2) if channels % d == 0 and channels // d >= 2), 0)
        if depth:
            sizes = (channels // depth, depth)
            return chain.view(f"{{x}}.unflatten(1, {sizes})", target, (batch, *sizes, *shape[2:]))
        return chain.view("{x}.unsqueeze(2)", target, (*shape[:2], 1, *shape[2:]))
    spread = split(shape[2], want - 2)
    text = f"{{x}}.unflatten(2, {spread})"
    if rng.random() < 0.4:
        text = f"{{x}}.reshape({{x}}.size(0), -1, {', '.join(map(str, spread))})"
    return chain.view(text, target, (batch, channels, *spread))


def project(scope: Scope, x: Value, channels: int) -> Value:
    """Another number of features: a linear layer, or a 1x1 convolution."""
    chain = Chain(scope, x)
    _project(chain, channels)
    return chain.end()


def _project(chain: Chain, channels: int) -> None:
    layout = chain.layout
    have = channels_of(layout, chain.shape)
    if have == channels:
        return None
    if layout in (Layout.VECTOR, Layout.SEQUENCE):
        return chain.linear(channels, "proj")
    rank = AXES[layout] - 2
    shape = shape_of(layout, chain.shape[0], channels, chain.shape[2:])
    args = (Arg("", have, "in_channels"), Arg("", channels, "out_channels"), Arg("kernel_size", 1))
    return chain.add("{m}({x})", layout, shape, mixed()(chain.stats), Make(f"nn.Conv{rank}d", args, "proj"))


def _resize(chain: Chain, spatial: Shape) -> None:
    """Other spatial sizes: pooled when smaller, interpolated when larger."""
    layout, have = chain.layout, spatial_of(chain.layout, chain.shape)
    if have == spatial:
        return None
    shape = shape_of(layout, chain.shape[0], channels_of(layout, chain.shape), spatial)
    rank = len(spatial)
    written = str(spatial[0]) if len(set(spatial)) == 1 else str(spatial)
    smaller = size_of(spatial) <= size_of(have)
    copied = 1 in have and any(h == 1 and s > 1 for h, s in zip(have, spatial, strict=True))
    target = size_of(shape[1:])
    if copied and size_of(chain.shape[1:]) * target <= 300_000:
        # A single position becomes several: copies of it would have no variation, so a projection makes them.
        chain.view("{x}.flatten(1)", Layout.VECTOR, (shape[0], size_of(chain.shape[1:])))
        chain.linear(target, "expand")
        return chain.view(f"{{x}}.reshape(-1, {', '.join(map(str, shape[1:]))})", layout, shape)
    if layout is Layout.SEQUENCE:
        inner = "{x}.transpose(1, 2)"
        call = f"F.adaptive_avg_pool1d({inner}, {written})" if smaller else f"F.interpolate({inner}, size={written})"
        text = f"{call}.transpose(1, 2)"
    elif smaller:
        text = f"F.adaptive_avg_pool{rank}d({{x}}, {written})"
    else:
        text = f"F.interpolate({{x}}, size={written})"
    axes = (1,) if layout is Layout.SEQUENCE else tuple(range(2, len(shape)))
    effect = collapsed(axes, averaged(max(1, size_of(have) // size_of(spatial)))) if smaller else kept
    if copied and layout is not Layout.SEQUENCE:
        # Copies of one position would have no variation along their axis: weigh them.
        weights = tuple(s if h == 1 else 1 for h, s in zip(have, spatial, strict=True))
        position = param("position", (1, shape[1], *weights), "torch.rand({}) + 0.5")
        return chain.add(f"{text} * {{m}}", layout, shape, effect(chain.stats), position, loose=True)
    return chain.add(text, layout, shape, effect(chain.stats))


def _fit(chain: Chain, limits: Limits) -> None:
    layout, budget = chain.layout, chain.scope.program.budget
    if layout is Layout.SEQUENCE and chain.shape[0] * size_of(chain.shape[1:]) <= budget:
        suits = _suits(chain.shape[2], limits) and limits.low <= chain.shape[1] <= limits.high
        if not suits and _in_rows(chain, limits):
            return
    spatial = spatial_of(layout, chain.shape)
    channels = channels_of(layout, chain.shape)
    wanted = min(max(channels, limits.least), limits.widest)
    if wanted % limits.multiple:
        wanted += limits.multiple - wanted % limits.multiple
    if layout is Layout.VECTOR and wanted > 1024:
        wanted = 256
    sizes = spatial
    if spatial and (min(spatial) < limits.low or max(spatial) > limits.high):
        high = max(limits.high, limits.low)
        sizes = tuple([min(max(s, limits.low), high) for s in spatial])
    while chain.shape[0] * wanted * size_of(sizes) > budget:
        if sizes and max(sizes) > max(limits.low, 4):
            largest = max(sizes)
            sizes = tuple(max(limits.low, s // 2) if s == largest else s for s in sizes)
        elif wanted // 2 >= max(limits.least, limits.multiple):
            wanted = max(wanted // 2 // limits.multiple, 1) * limits.multiple
        else:
            break
    if sizes != spatial and size_of(sizes) <= size_of(spatial):
        _resize(chain, sizes)
    if wanted != channels:
        _project(chain, wanted)
    if sizes != spatial:
        _resize(chain, sizes)


def narrow_gate(x: Value) -> str:
    """Index text that lines a (B, C) vector up with maps of `x`'s layout."""
    if x.layout is Layout.SEQUENCE:
        return ".unsqueeze(1)"
    return "[:, :" + ", None" * (len(x.shape) - 2) + "]" if len(x.shape) > 2 else ""


def linear_make(inputs: int, outputs: int, hint: str = "proj") -> Make:
    """A linear layer for joins."""
    return Make("nn.Linear", (Arg("", inputs, "in_features"), Arg("", outputs, "out_features")), hint)
