"""Cutting, joining, repeating and picking elements."""

from __future__ import annotations

import math
from collections.abc import Callable

from operators.effects import pointwise, scaled, viewed
from operators.spec import (
    ANY,
    ANYTHING,
    DEEP,
    Arg,
    Form,
    Layout,
    Limits,
    Make,
    Operator,
    Shape,
    Site,
    Step,
    expr,
    loose,
    size_of,
)


def _cut(kind: str) -> Callable[[Site], Step]:
    """Cut the features in two and put them together again: multiplied, added, or joined the other way round."""

    def plan(site: Site) -> Step:
        dim = site.feature_axis
        half = site.channels // 2
        cut = {
            "Chunk": f"{{x}}.chunk(2, dim={dim})",
            "Split": f"torch.split({{x}}, {half}, dim={dim})",
            "TensorSplit": f"torch.tensor_split({{x}}, 2, dim={dim})",
        }[kind]
        if kind == "Split" and site.rng.random() < 0.5:
            cut = f"{{x}}.split({half}, dim={dim})"
        use, channels = site.rng.choice(
            (
                ("{a} * torch.sigmoid({b})", half),
                ("{a} + torch.tanh({b})", half),
                (f"torch.cat([{{b}}, {{a}}], dim={dim})", site.channels),
                ("F.silu({a}) * {b}", half),
            )
        )
        return Step(
            site.layout, site.with_sizes(channels), (Form(f"{{a}}, {{b}} = {cut}\n{{out}} = {use}"),), scaled(0.7)
        )

    return plan


def _cat(site: Site) -> Step:
    """The value beside a function of itself, or beside another value."""
    dim = site.feature_axis
    shape = site.with_sizes(site.channels * 2)
    inner = site.rng.choice(("torch.tanh({x})", "F.relu(-{x})", "{x}.abs()", "torch.sin({x})"))
    written = -1 if dim == len(site.shape) - 1 else dim
    forms = (expr(f"torch.cat([{{x}}, {inner}], dim={written})"), expr(f"torch.cat(({{x}}, {inner}), dim={written})"))
    return Step(site.layout, shape, forms, scaled(0.9))


_BESIDE: dict[str, Callable[[float], float]] = {
    "torch.tanh({x})": math.tanh,
    "torch.sigmoid({x})": lambda v: 1 / (1 + math.exp(-max(v, -60.0))),
    "{x}.abs()": abs,
}
_TOGETHER: dict[str, Callable[[float, float], float]] = {
    "amax(dim=1)": max,
    "mean(dim=1)": lambda v, other: (v + other) / 2,
    "sum(dim=1)": lambda v, other: v + other,
    "prod(dim=1)": lambda v, other: v * other,
    "flatten(1, 2)": lambda v, other: v,
}


def _stack(site: Site) -> Step:
    """The value and a function of itself, made one again: a number below 0 and its absolute value cancel out."""
    inner, how = site.rng.choice(tuple(_BESIDE)), site.rng.choice(tuple(_TOGETHER))
    beside, both = _BESIDE[inner], _TOGETHER[how]
    if site.layout is Layout.SEQUENCE and how == "flatten(1, 2)":
        shape = site.with_sizes(spatial=(site.spatial[0] * 2,))
    elif how == "flatten(1, 2)":
        shape = site.with_sizes(channels=site.channels * 2)
    else:
        shape = site.shape
    return Step(
        site.layout,
        shape,
        (expr(f"torch.stack([{{x}}, {inner}], dim=1).{how}"),),
        pointwise(lambda v: both(v, beside(v))),
    )


def _along(site: Site) -> tuple[int, int]:
    """A trailing axis longer than one, and how it is written."""
    axes = [a for a in range(1, len(site.shape)) if site.shape[a] > 1] or [1]
    axis = site.rng.choice(axes)
    return axis, -1 if axis == len(site.shape) - 1 and site.rng.random() < 0.5 else axis


def _roll(site: Site) -> Step:
    axis, dim = _along(site)
    shift = site.rng.randint(1, max(1, min(4, site.shape[axis] - 1)))
    forms = (
        expr(f"torch.roll({{x}}, shifts={shift}, dims={dim})"),
        loose(f"{{x}} + torch.roll({{x}}, {shift}, dims={dim})"),
        loose(f"{{x}} - 0.5 * {{x}}.roll({shift}, dims={dim})"),
    )
    return Step(site.layout, site.shape, forms, viewed)


def _flip(site: Site) -> Step:
    _, dim = _along(site)
    forms = (
        expr(f"torch.flip({{x}}, dims=[{dim}])"),
        expr(f"{{x}}.flip({dim})"),
        loose(f"{{x}} + 0.5 * torch.flip({{x}}, dims=({dim},))"),
    )
    return Step(site.layout, site.shape, forms, viewed)


def _rot90(site: Site) -> Step:
    shape = (*site.shape[:2], site.shape[3], site.shape[2])
    return Step(site.layout, shape, (expr("torch.rot90({x}, 1, dims=(2, 3))"),), viewed)


def _gather(name: str) -> Callable[[Site], Step]:
    """Pick positions by a fixed index: strided, or reversed."""

    def plan(site: Site) -> Step:
        axis, dim = _along(site)
        count = site.shape[axis]
        if name == "IndexSelect":
            step = 2 if count >= 6 and site.size // site.batch >= 64 else 1
            index = f"torch.arange(0, {count}, {step}, device={{x}}.device)"
            shape = (*site.shape[:axis], -(-count // step), *site.shape[axis + 1 :])
            return Step(
                site.layout,
                shape,
                (Form(f"{{index}} = {index}\n{{out}} = torch.index_select({{x}}, {dim}, {{index}})"),),
                viewed,
            )
        sort = f"{{order}} = torch.argsort({{x}}, dim={dim})"
        call = {
            "Gather": f"torch.gather({{x}}, {dim}, {{order}})",
            "TakeAlongDim": f"torch.take_along_dim({{x}}, {{order}}, dim={dim})",
        }[name]
        return Step(site.layout, site.shape, (Form(f"{sort}\n{{out}} = {{x}} + 0.5 * {call}"),), scaled(1.3))

    return plan


def _triangle(name: str) -> Callable[[Site], Step]:
    """The lower or upper triangle of the two trailing axes."""

    def plan(site: Site) -> Step:
        offset = site.rng.randint(0, 2) * (1 if name == "tril" else -1)
        tail = f", diagonal={offset}" if offset else ""
        forms = (
            expr(f"torch.{name}({{x}}{tail})"),
            expr(f"{{x}}.{name}({offset or ''})"),
            loose(f"{{x}} + torch.{name}({{x}}{tail})", weight=2.0),
        )
        return Step(site.layout, site.shape, forms, scaled(0.7))

    return plan


def _expand(site: Site) -> Step:
    """The mean or the largest over an axis, spread back over it."""
    axis, dim = _along(site)
    text = (
        f"{{centre}} = {{x}}.mean(dim={dim}, keepdim=True).expand_as({{x}})\n"
        "{out} = {x} * torch.sigmoid({centre})"
    )
    sized = ", ".join(["-1"] * axis + [str(site.shape[axis])] + ["-1"] * (len(site.shape) - axis - 1))
    # Not `peak - x`, whose smallest element is 0 whatever the inputs.
    other = f"{{peak}} = {{x}}.amax(dim={dim}, keepdim=True).expand({sized})\n{{out}} = {{x}} / (1.0 + {{peak}}.abs())"
    return Step(site.layout, site.shape, (Form(text), Form(other)), scaled(0.8))


def _repeat(name: str) -> Callable[[Site], Step]:
    """Twice the features (or positions), each repeated."""

    def plan(site: Site) -> Step:
        axis = site.feature_axis if site.size < 30_000 else 1
        times = [1] * len(site.shape)
        times[axis] = 2 if site.size < 60_000 else 1
        shape: Shape = tuple(n * t for n, t in zip(site.shape, times, strict=True))
        written = ", ".join(map(str, times))
        calls = {
            "Repeat": (f"{{x}}.repeat({written})",),
            "Tile": (f"torch.tile({{x}}, ({written}))", f"{{x}}.tile(({written}))"),
            "RepeatInterleave": (
                f"torch.repeat_interleave({{x}}, {times[axis]}, dim={axis})",
                f"{{x}}.repeat_interleave({times[axis]}, dim={axis})",
            ),
        }[name]
        return Step(site.layout, shape, tuple(map(expr, calls)), viewed)

    return plan


def _narrow(site: Site) -> Step:
    axis, dim = _along(site)
    length = max(1, site.shape[axis] - site.rng.randint(0, max(1, site.shape[axis] // 4)))
    start = site.rng.randint(0, site.shape[axis] - length)
    shape = (*site.shape[:axis], length, *site.shape[axis + 1 :])
    return Step(
        site.layout,
        shape,
        (expr(f"torch.narrow({{x}}, {dim}, {start}, {length})"), expr(f"{{x}}.narrow({dim}, {start}, {length})")),
        viewed,
    )


def _slice(site: Site) -> Step:
    """Every second position, or both halves of the features the other way round."""
    axis = site.rng.choice([a for a in range(1, len(site.shape)) if site.shape[a] > 1] or [1])
    shape = (*site.shape[:axis], -(-site.shape[axis] // 2), *site.shape[axis + 1 :])
    before = ":, " * axis
    if size_of(shape) < 8 * site.batch:
        return Step(site.layout, site.shape, (loose("{x} + {x}[:, :1]"),), viewed)
    return Step(site.layout, shape, (expr(f"{{x}}[{before}::2]"),), viewed)


def _unbind(site: Site) -> Step:
    """Take the features of a short axis apart and weigh them against each other."""
    text = (
        "{parts} = torch.unbind({x}, dim=1)\n"
        "{out} = torch.stack([p * (i + 1) / len({parts}) for i, p in enumerate({parts})], dim=1)"
    )
    return Step(site.layout, site.shape, (Form(text),), scaled(0.6))


def _diagonal(site: Site) -> Step:
    """The diagonal of the two trailing axes, used as a bias."""
    side = min(site.shape[-2:])
    text = f"{{diag}} = torch.diagonal({{x}}, dim1=-2, dim2=-1)\n{{out}} = {{x}}[..., :{side}] + {{diag}}.unsqueeze(-2)"
    return Step(site.layout, (*site.shape[:-1], side), (Form(text),), scaled(1.3))


def _scatter(site: Site) -> Step:
    """Add features up in buckets: a histogram by a fixed assignment."""
    buckets = max(8, site.channels // 2)
    buffer = ("i", Make("buffer", (Arg("", f"torch.arange({site.channels}) % {buckets}"),), "bucket"))
    start = f"{{zeros}} = {{x}}.new_zeros({{x}}.size(0), {buckets})\n"
    text = start + "{out} = {zeros}.index_add(1, {i}, {x})"
    other = start + "{out} = torch.scatter_add({zeros}, 1, {i}.expand_as({x}), {x})"
    return Step(site.layout, (site.batch, buckets), (Form(text, (buffer,)), Form(other, (buffer,))), viewed)


def _op(
    name: str,
    plan: Callable[[Site], Step],
    events: str,
    layouts: tuple[Layout, ...] = ANY,
    limits: Limits = ANYTHING,
    hint: str = "",
) -> Operator:
    names = tuple(e if ":" in e else f"F:{e}" for e in events.split())
    return Operator(name, "supporting", "selection", layouts, plan, names, limits, hint=hint)


_PLACES = "int64 indices, as torch.argsort gives them"
_EVEN = Limits(multiple=2, least=4)
_TWO = Limits(least=2, low=2)
_SORTED = Limits(least=2, low=2, high=32, widest=128)

OPERATORS = (
    _op("Chunk", _cut("Chunk"), "chunk split tensor_split", ANY, _EVEN),
    _op("Split", _cut("Split"), "split chunk tensor_split", ANY, _EVEN),
    _op("TensorSplit", _cut("TensorSplit"), "tensor_split", ANY, _EVEN),
    _op("Cat", _cat, "cat concat concatenate", ANY, Limits(widest=256)),
    _op("Stack", _stack, "stack"),
    _op("Roll", _roll, "roll", ANY, _TWO),
    _op("Flip", _flip, "flip fliplr flipud", ANY, _TWO),
    _op("Rot90", _rot90, "rot90", (Layout.IMAGE,), _TWO),
    _op("Gather", _gather("Gather"), "gather", ANY, _SORTED, _PLACES),
    _op("TakeAlongDim", _gather("TakeAlongDim"), "take_along_dim gather", ANY, _SORTED, _PLACES),
    _op("IndexSelect", _gather("IndexSelect"), "index_select getitem", ANY, _TWO),
    _op("Tril", _triangle("tril"), "tril", DEEP, _TWO),
    _op("Triu", _triangle("triu"), "triu", DEEP, _TWO),
    _op("Expand", _expand, "expand expand_as broadcast_to", ANY, _TWO),
    _op("Repeat", _repeat("Repeat"), "repeat tile", ANY, Limits(widest=256)),
    _op("Tile", _repeat("Tile"), "tile repeat", ANY, Limits(widest=256)),
    _op("RepeatInterleave", _repeat("RepeatInterleave"), "repeat_interleave", ANY, Limits(widest=256)),
    _op("Narrow", _narrow, "narrow", ANY, Limits(low=4, least=8)),
    _op("Slice", _slice, "getitem", ANY, Limits(low=4, least=8), "indexing, as in x[:, ::2]"),
    _op("Unbind", _unbind, "unbind", DEEP, Limits(low=2, high=12, widest=12, least=2)),
    _op("Diagonal", _diagonal, "diagonal diag", DEEP, Limits(low=4, least=4)),
    _op("IndexAdd", _scatter, "index_add scatter_add", (Layout.VECTOR,), Limits(least=8)),
)  # fmt: skip
