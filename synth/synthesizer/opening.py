"""The first value of a program: an input large enough for what comes, and what turns it into features."""

from __future__ import annotations

from collections.abc import Sequence

from operators.effects import joined
from operators.registry import get
from operators.spec import (
    ANYTHING,
    AXES,
    Arg,
    Form,
    Layout,
    Make,
    Operator,
    Shape,
    Stats,
    loose,
    shape_of,
    size_of,
    together,
)
from synth.synthesizer.itinerary import Stage
from synth.synthesizer.scope import Scope, Value

_BATCHES = (1, 1, 2, 2, 3, 4, 4, 4, 5, 6, 7, 8, 8, 8, 10, 12, 16)
# Spatial sizes by layout: usual ones, many of them odd, and those of a program that works on much at once.
_SIZES: dict[Layout, tuple[int, ...]] = {
    Layout.VECTOR: (),
    Layout.SEQUENCE: (4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 16, 17, 20, 24, 32),
    Layout.SIGNAL: (8, 9, 10, 12, 15, 16, 20, 24, 31, 32, 33, 48, 50, 63, 64, 100),
    Layout.IMAGE: (7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 16, 17, 20, 24, 28, 31, 32),
    Layout.VOLUME: (4, 5, 6, 7, 8, 8, 9, 10, 12),
}
_LARGE_SIZES: dict[Layout, tuple[int, ...]] = {
    Layout.VECTOR: (),
    Layout.SEQUENCE: (128, 197, 256, 512),
    Layout.SIGNAL: (1024, 2048, 4096, 8000),
    Layout.IMAGE: (96, 112, 128, 160, 192, 224),
    Layout.VOLUME: (24, 32, 40),
}
_WIDTHS = {
    Layout.VECTOR: (16, 17, 20, 24, 32, 33, 40, 48, 50, 63, 64, 64, 80, 96, 100, 127, 128),
    Layout.SEQUENCE: (8, 12, 16, 16, 20, 24, 32, 32, 40, 48, 64),
}
_MAPS = (4, 6, 7, 8, 8, 10, 12, 16, 16, 24)
_PICTURES = (1, 2, 3, 3, 3, 4, 5)
LARGE = 1_000_000  # elements that a value of a large program may have
# Unrolled, or quadratic in the number of positions: never on large inputs.
_COSTLY = {"recurrent", "attention", "transformer", "embedding"}


def draw_scale(scope: Scope, entries: Sequence[Operator]) -> int:
    """The batch size, and the program's element budget: one in twenty works on large tensors, one in eight on one row.

    Only operators that a compiler neither unrolls nor squares are given large ones.
    """
    rng = scope.rng
    if rng.random() < 0.14 and not any(e.family in _COSTLY for e in entries):
        scope.program.budget = LARGE
        return rng.choice((1, 2, 4, 8))
    return rng.choice(_BATCHES)


def start(scope: Scope, stages: list[Stage], batch: int) -> Value:
    """The first value of a tower."""
    stage = stages[0]
    previous = scope.root.inputs
    if previous:
        batch = previous[0].value.shape[0]
    shape = _shape(scope, stage, batch, fixed=bool(previous))
    rng = scope.rng
    if stage.layout in (Layout.SEQUENCE, Layout.VECTOR) and rng.random() < 0.7 and _take_embedding(stage):
        return _embedded(scope, stage.layout, shape)
    roll = rng.random()
    if stage.layout is Layout.IMAGE and roll < 0.08:
        x = scope.add_input(stage.layout, shape, "bytes", 256, "bytes")
        cast = _cast(scope.program.dtype)
        if rng.random() < 0.6:
            return scope.write(loose(f"{cast} / 255.0"), x, x.layout, shape, Stats(0.5, 0.29, 0.29, low=0.0, high=1.0))
        return scope.write(
            loose(f"{cast} / 127.5 - 1.0"), x, x.layout, shape, Stats(0.0, 0.58, 0.58, low=-1.0, high=1.0)
        )
    if stage.layout in (Layout.VECTOR, Layout.SEQUENCE) and roll < 0.08:
        high = rng.choice((4, 8, 10, 16))
        x = scope.add_input(stage.layout, shape, "counts", high, "counts")
        form = loose(f"{_cast(scope.program.dtype)} / {float(high)}")
        return scope.write(form, x, x.layout, shape, Stats(0.45, 0.29, 0.29, low=0.0, high=1.0))
    return scope.add_input(stage.layout, shape)


def _cast(dtype: str) -> str:
    """Whole numbers as floating ones."""
    return "{x}.float()" if dtype == "float32" else f"{{x}}.to(torch.{dtype})"


def _take_embedding(stage: Stage) -> bool:
    """Whether the stage held an embedding, which is taken out of it."""
    entry = get("Embedding")
    for group in stage.groups:
        if entry in group:
            group.remove(entry)
            if not group:
                stage.groups.remove(group)
            return True
    return False


def _embedded(scope: Scope, layout: Layout, shape: Shape) -> Value:
    """Rows of a table for token ids, with or without a learned position."""
    rng = scope.rng
    rows = rng.choice((20, 32, 50, 64, 100, 128))
    scope.program.idioms.append("token embedding")
    ids = scope.add_input(layout, shape[:-1], "ids", rows, "ids")
    args = (Arg("", rows, "num_embeddings"), Arg("", shape[-1], "embedding_dim"))
    makes: tuple[tuple[str, Make], ...] = (("m", Make("nn.Embedding", args, "embedding")),)
    form, stats = Form("{m}({x})", makes), Stats()
    if layout is Layout.SEQUENCE and rng.random() < 0.35:
        position = Make("nn.Parameter", (Arg("", f"torch.randn(1, {shape[1]}, {shape[2]}) * 0.02"),), "pos_embed")
        form, stats = Form("{m}({x}) + {p}", (*makes, ("p", position)), loose=True), joined(0.02)(stats)
    return scope.write(form, ids, layout, shape, stats, "Embedding")


def _shape(scope: Scope, stage: Stage, batch: int, fixed: bool) -> Shape:
    """Large enough for what the stage does, and no larger than need be; `fixed` when the batch cannot change."""
    rng, layout = scope.rng, stage.layout
    needed = []
    heavy = False
    shrink = growth = 1.0
    for group in stage.groups:
        for entry in group:
            if entry.phase == 1:
                heavy = True
            if entry.limits is not ANYTHING:
                needed.append(entry.limits)
                factor = entry.limits.shrink
                if factor > 1.0:
                    shrink *= factor
                elif factor < 1.0:
                    growth /= factor
    limits = together(needed)
    budget = scope.program.budget // 2
    large = budget >= LARGE // 2
    rank = 1 if layout is Layout.SEQUENCE else AXES[layout] - 2
    channels = _channels(scope, layout, heavy, large)
    channels = max(limits.least, min(channels, limits.widest))
    channels += -channels % limits.multiple
    floor = int(limits.low * min(shrink, (64, 16, 8, 4)[rank]))
    menu = (_LARGE_SIZES if large else _SIZES)[layout]
    sizes: Shape = tuple([max(rng.choice(menu), floor) for _ in range(rank)])
    if rank > 1 and rng.random() < 0.65:
        sizes = (sizes[0],) * rank
    if sizes and (min(sizes) < limits.low or max(sizes) > limits.high):
        sizes = tuple([max(min(s, limits.high), limits.low) for s in sizes])
    if large and layout is Layout.VECTOR and not fixed:
        batch = rng.choice((128, 256, 512))
    while not fixed and batch * channels * size_of(sizes) > budget and batch > 1:
        batch = max(1, batch // 2)
    room = budget / min(growth, 4.0) ** rank
    while growth > 1 and batch * channels * size_of(sizes) > room and max(sizes) // 2 >= max(floor, 3):
        sizes = tuple(max(s // 2, floor) for s in sizes)
    while large and batch * channels * size_of(sizes) > budget and sizes and max(sizes) // 2 >= floor:
        sizes = tuple(max(s // 2, floor) for s in sizes)
    return shape_of(layout, batch, channels, sizes)


def _channels(scope: Scope, layout: Layout, heavy: bool, large: bool) -> int:
    rng = scope.rng
    if layout in _WIDTHS:
        if large:
            return rng.choice((64, 128, 256, 512))
        return rng.choice(_WIDTHS[layout])
    if large or (heavy and rng.random() < 0.5):
        return rng.choice(_PICTURES)
    return rng.choice(_MAPS)
