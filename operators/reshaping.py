"""Moving elements about: views, cuts, joins, permutations, patches."""

from __future__ import annotations

import math
from collections.abc import Callable

from operators.convolutions import conv_size
from operators.effects import kept, pointwise, viewed
from operators.spec import (
    ANY,
    ANYTHING,
    DEEP,
    Arg,
    Form,
    Layout,
    Limits,
    Operator,
    Site,
    Step,
    expr,
    module,
    size_of,
)


def factors(number: int) -> tuple[int, int]:
    """Two factors of a number, as near to each other as it allows, the larger first."""
    for small in range(math.isqrt(number), 0, -1):
        if number % small == 0:
            return number // small, small
    return number, 1


def _flatten(site: Site) -> Step:
    """All but the batch in one axis where that stays small; otherwise the spatial axes in one."""
    features = site.size // site.batch
    to_signal = site.toward is Layout.SIGNAL and site.layout in (Layout.IMAGE, Layout.VOLUME)
    if features <= 1024 and not to_signal:
        forms: tuple[Form, ...] = (
            module("nn.Flatten", "flatten", weight=2.0),
            expr("torch.flatten({x}, 1)"),
            expr("{x}.flatten(1)"),
            expr("torch.flatten({x}, start_dim=1)"),
        )
        return Step(Layout.VECTOR, (site.batch, features), forms, viewed)
    if site.layout is Layout.SIGNAL:
        positions = max(1, 1024 // site.channels)
        pooled = f"F.adaptive_avg_pool1d({{x}}, {positions})"
        forms = (expr(f"torch.flatten({pooled}, 1)"), expr(f"{pooled}.flatten(1)"))
        return Step(Layout.VECTOR, (site.batch, site.channels * positions), forms, viewed)
    if site.layout is Layout.SEQUENCE:
        forms = (expr("{x}.flatten(1).unsqueeze(1)"), expr("torch.flatten({x}, 1).unflatten(1, (1, -1))"))
        return Step(site.layout, (site.batch, 1, features), forms, viewed)
    shape = (*site.shape[:2], size_of(site.spatial))
    forms = (
        module("nn.Flatten", "flatten", Arg("", 2), weight=2.0),
        expr("{x}.flatten(2)"),
        expr("torch.flatten({x}, 2)"),
    )
    return Step(Layout.SIGNAL, shape, forms, viewed)


def _unflatten(site: Site) -> Step:
    """Split an axis into two factors: features of a vector into a sequence, positions into an image."""
    axis, target = {
        Layout.VECTOR: (1, Layout.SEQUENCE),
        Layout.SEQUENCE: (2, Layout.IMAGE),
        Layout.SIGNAL: (2, Layout.IMAGE),
        Layout.IMAGE: (1, Layout.VOLUME),
    }[site.layout]
    large, small = factors(site.shape[axis])
    sizes = (small, large) if target in (Layout.SEQUENCE, Layout.IMAGE) else (large, small)
    shape = (*site.shape[:axis], *sizes, *site.shape[axis + 1 :])
    forms = (
        module("nn.Unflatten", "unflatten", Arg("", axis), Arg("", sizes), weight=2.0),
        expr(f"{{x}}.unflatten({axis}, {sizes})"),
        expr(f"torch.unflatten({{x}}, {axis}, {sizes})"),
    )
    return Step(target, shape, forms, viewed)


def _reshape(site: Site) -> Step:
    """Regroup: features split in two groups and read back, or flattened away."""
    groups = site.divisor(site.channels)
    if site.layout is Layout.VECTOR and site.channels >= 16 and groups > 1:
        forms = (
            expr(f"{{x}}.reshape({{x}}.size(0), {groups}, -1)"),
            expr(f"torch.reshape({{x}}, (-1, {groups}, {site.channels // groups}))"),
        )
        return Step(Layout.SEQUENCE, (site.batch, groups, site.channels // groups), forms, viewed)
    if site.layout is Layout.SEQUENCE and site.size // site.batch <= 1024:
        forms = (expr("{x}.reshape({x}.size(0), -1)"), expr("torch.reshape({x}, ({x}.shape[0], -1))"))
        return Step(Layout.VECTOR, (site.batch, site.size // site.batch), forms, viewed)
    if site.layout in (Layout.IMAGE, Layout.VOLUME):
        spatial = (
            (size_of(site.spatial[-2:]),)
            if site.layout is Layout.IMAGE
            else (site.spatial[0], size_of(site.spatial[1:]))
        )
        shape = (*site.shape[:2], *spatial)
        written = ", ".join(map(str, shape[1:]))
        forms = (expr(f"{{x}}.reshape({{x}}.size(0), {written})"), expr(f"torch.reshape({{x}}, (-1, {written}))"))
        return Step(Layout.SIGNAL if site.layout is Layout.IMAGE else Layout.IMAGE, shape, forms, viewed)
    text = f"{{x}}.reshape({{x}}.size(0), -1).reshape({site.shape!r})"
    return Step(site.layout, site.shape, (expr(text),), viewed)


def _transpose(name: str) -> Callable[[Site], Step]:
    """Swap the two trailing axes where the layout still makes sense; features and positions otherwise."""

    def plan(site: Site) -> Step:
        shape = site.shape
        last = len(shape) - 1
        order = (*range(last - 1), last, last - 1)
        calls = {
            "Transpose": (
                f"{{x}}.transpose({last - 1}, {last})",
                "torch.transpose({x}, -2, -1)",
                "{x}.transpose(-1, -2)",
            ),
            "Permute": (f"{{x}}.permute{order}", f"torch.permute({{x}}, {order})"),
            "Swapaxes": ("torch.swapaxes({x}, -1, -2)", f"{{x}}.swapaxes({last - 1}, {last})"),
            "Movedim": (f"torch.movedim({{x}}, {last}, {last - 1})", "{x}.movedim(-1, -2)"),
        }[name]
        # A sequence turned round may be read as a signal, or as a sequence of its features.
        target = site.layout
        other = dict(_TURN).get(site.layout)
        if other is not None and site.leads_to(other, 0.6):
            target = other
        if name == "Transpose" and site.rng.random() < 0.3:
            calls = tuple(f"{c}.contiguous()" for c in calls)
        return Step(target, (*shape[:-2], shape[-1], shape[-2]), tuple(map(expr, calls)), viewed)

    return plan


def _unsqueeze(site: Site) -> Step:
    target = {
        Layout.VECTOR: Layout.SEQUENCE,
        Layout.SEQUENCE: Layout.IMAGE,
        Layout.SIGNAL: Layout.IMAGE,
        Layout.IMAGE: Layout.VOLUME,
    }[site.layout]
    axis = 1 if site.layout in (Layout.VECTOR, Layout.SEQUENCE) else 2
    shape = (*site.shape[:axis], 1, *site.shape[axis:])
    forms = (
        expr(f"{{x}}.unsqueeze({axis})"),
        expr(f"torch.unsqueeze({{x}}, {axis})"),
        expr(f"torch.unsqueeze({{x}}, dim={axis})"),
    )
    return Step(target, shape, forms, viewed)


def _squeeze(site: Site) -> Step:
    """A mean kept as an axis of one, squeezed and used to shift the value."""
    dim = site.feature_axis
    text = (
        f"{{pooled}} = {{x}}.mean(dim={dim}, keepdim=True).squeeze({dim})\n"
        f"{{out}} = {{x}} + torch.tanh({{pooled}}).unsqueeze({dim})"
    )
    return Step(site.layout, site.shape, (Form(text),), pointwise(lambda v: v * 1.1))


def _unfold(site: Site) -> Step:
    """Patches as columns: (B, C, H, W) -> (B, C * k * k, positions)."""
    kernel = min(site.rng.choice((2, 3)), *site.spatial)
    stride = site.rng.choice((kernel, kernel, max(1, kernel - 1))) if site.size * kernel * kernel < 50_000 else kernel
    sizes = tuple(conv_size(s, kernel, stride, 0) for s in site.spatial)
    shape = (site.batch, site.channels * kernel * kernel, size_of(sizes))
    args = (Arg("kernel_size", kernel, "patch_size"), Arg("stride", stride, "patch_stride"))
    forms = (
        module("nn.Unfold", "unfold", *args, weight=2.0),
        expr(f"F.unfold({{x}}, kernel_size={kernel}, stride={stride})"),
    )
    return Step(Layout.SIGNAL, shape, forms, viewed)


def _fold(site: Site) -> Step:
    """Columns back into an image.  The limits make the features a multiple of four: 2 x 2 patches."""
    height, width = factors(site.spatial[0])
    size = (height * 2, width * 2)
    args = (Arg("output_size", size), Arg("kernel_size", 2, "patch_size"), Arg("stride", 2, "patch_stride"))
    forms = (
        module("nn.Fold", "fold", *args, weight=2.0),
        expr(f"F.fold({{x}}, output_size={size}, kernel_size=2, stride=2)"),
    )
    return Step(Layout.IMAGE, (site.batch, site.channels // 4, *size), forms, viewed)


def _identity(site: Site) -> Step:
    return Step(site.layout, site.shape, (module("nn.Identity", "identity"),), kept)


def _op(
    name: str,
    plan: Callable[[Site], Step],
    events: str,
    layouts: tuple[Layout, ...] = ANY,
    limits: Limits = ANYTHING,
    exits: tuple[tuple[Layout, Layout], ...] = (),
    hint: str = "",
    leaves: bool = True,
) -> Operator:
    names = tuple(e if ":" in e else f"F:{e}" for e in events.split())
    leaves = leaves and bool(exits)
    phase = 6 if exits else 5
    return Operator(
        name, "supporting", "reshaping", layouts, plan, names, limits, phase, exits=exits, leaves=leaves, hint=hint
    )


_NOT_VOLUME = (Layout.VECTOR, Layout.SEQUENCE, Layout.SIGNAL, Layout.IMAGE)
_EVEN = Limits(multiple=2, least=4)
_TWO = Limits(least=2, low=2)
_UP = (
    (Layout.VECTOR, Layout.SEQUENCE),
    (Layout.SEQUENCE, Layout.IMAGE),
    (Layout.SIGNAL, Layout.IMAGE),
    (Layout.IMAGE, Layout.VOLUME),
)
_DOWN = (
    *((layout, Layout.VECTOR) for layout in DEEP),
    (Layout.IMAGE, Layout.SIGNAL),
    (Layout.VOLUME, Layout.SIGNAL),
)
_TURN = ((Layout.SEQUENCE, Layout.SIGNAL), (Layout.SIGNAL, Layout.SEQUENCE))

OPERATORS = (
    _op("Flatten", _flatten, "M:Flatten flatten ravel reshape view", DEEP, exits=_DOWN),
    _op("Unflatten", _unflatten, "M:Unflatten unflatten view reshape", _NOT_VOLUME, Limits(least=8, multiple=4),
        _UP),
    _op("Reshape", _reshape, "reshape view view_as reshape_as", ANY,
        exits=((Layout.VECTOR, Layout.SEQUENCE), (Layout.SEQUENCE, Layout.VECTOR), (Layout.IMAGE, Layout.SIGNAL),
               (Layout.VOLUME, Layout.IMAGE))),
    _op("Transpose", _transpose("Transpose"), "transpose permute t swapaxes swapdims", DEEP, exits=_TURN, leaves=False),
    _op("Permute", _transpose("Permute"), "permute transpose movedim", DEEP, exits=_TURN, leaves=False),
    _op("Swapaxes", _transpose("Swapaxes"), "swapaxes swapdims transpose", DEEP, exits=_TURN, leaves=False),
    _op("Movedim", _transpose("Movedim"), "movedim moveaxis permute", DEEP, exits=_TURN, leaves=False),
    _op("Unsqueeze", _unsqueeze, "unsqueeze getitem", _NOT_VOLUME, exits=_UP),
    _op("Squeeze", _squeeze, "squeeze", DEEP, _TWO, hint="an axis of size 1"),
    _op("Fold", _fold, "M:Fold fold", (Layout.SIGNAL,), Limits(multiple=4, least=8), ((Layout.SIGNAL, Layout.IMAGE),),
        "C is channels times kernel area, L the number of windows in output_size"),
    _op("Unfold", _unfold, "M:Unfold unfold", (Layout.IMAGE,), Limits(low=4, high=32, widest=48),
        ((Layout.IMAGE, Layout.SIGNAL),)),
    _op("Identity", _identity, "M:Identity"),
)  # fmt: skip
