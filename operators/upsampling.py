"""Resizing of spatial axes."""

from __future__ import annotations

from collections.abc import Callable

from operators.effects import kept, scaled
from operators.spec import SPATIAL, Arg, Form, Layout, Limits, Make, Operator, Site, Step, expr, module

_LINEAR = {Layout.SIGNAL: "linear", Layout.IMAGE: "bilinear", Layout.VOLUME: "trilinear"}
_GROWING = Limits(low=2, high=64, shrink=0.5)


def _factor(site: Site) -> int:
    """Twice or three times as large, where that stays small."""
    return site.rng.choice((2, 2, 3)) if site.size * 3**site.rank < 60_000 else 2 if site.size < 40_000 else 1


def _mode(site: Site) -> str:
    choices = ["nearest", _LINEAR[site.layout]]
    if site.layout is Layout.IMAGE:
        choices.append("bicubic")
    return site.rng.choice(choices)


def _resize(functional_only: bool) -> Callable[[Site], Step]:
    def plan(site: Site) -> Step:
        factor, mode = _factor(site), _mode(site)
        shape = site.with_sizes(spatial=tuple(s * factor for s in site.spatial))
        corners = mode != "nearest" and site.rng.random() < 0.7
        aligned = (Arg("align_corners", site.rng.random() < 0.4),) if corners else ()
        args = (Arg("scale_factor", factor, "scale_factor"), Arg("mode", f'"{mode}"'), *aligned)
        tail = f', mode="{mode}"' + "".join(f", align_corners={a.value}" for a in aligned)
        call = expr(f"F.interpolate({{x}}, scale_factor={factor}{tail})")
        sized = expr(f"F.interpolate({{x}}, size={shape[2:]}{tail})")
        forms = (call, sized) if functional_only else (module("nn.Upsample", "upsample", *args, weight=3.0), call)
        return Step(site.layout, shape, forms, kept if mode == "nearest" else scaled(0.8))

    return plan


def _legacy(cls: str, mode: str) -> Callable[[Site], Step]:
    """The 2-d modules that torch keeps beside Upsample."""

    def plan(site: Site) -> Step:
        factor = _factor(site)
        shape = site.with_sizes(spatial=tuple(s * factor for s in site.spatial))
        tail = ', mode="bilinear", align_corners=True' if mode == "bilinear" else ', mode="nearest"'
        forms = (
            module(f"nn.{cls}", "upsample", Arg("scale_factor", factor, "scale_factor"), weight=3.0),
            expr(f"F.interpolate({{x}}, scale_factor={factor}{tail})"),
        )
        return Step(site.layout, shape, forms, kept)

    return plan


def _grid_sample(site: Site) -> Step:
    """Sample the image on a slightly turned grid."""
    angle = site.rng.choice((0.1, 0.2, 0.3))
    padding = site.rng.choice(("zeros", "border", "reflection"))
    theta = f"torch.tensor([[1.0, {angle}, 0.0], [{-angle}, 1.0, 0.0]])"
    text = (
        "{theta} = {t}.expand({x}.size(0), -1, -1)\n"
        "{grid} = F.affine_grid({theta}, list({x}.shape), align_corners=False)\n"
        f'{{out}} = F.grid_sample({{x}}, {{grid}}, padding_mode="{padding}", align_corners=False)'
    )
    forms = (Form(text, (("t", Make("nn.Parameter", (Arg("", theta),), "theta")),)),)
    return Step(site.layout, site.shape, forms, scaled(0.8))


def _op(
    name: str,
    layouts: tuple[Layout, ...],
    plan: Callable[[Site], Step],
    events: str,
    limits: Limits = _GROWING,
    hint: str = "",
) -> Operator:
    return Operator(name, "supporting", "upsampling", layouts, plan, tuple(events.split()), limits, 4, hint=hint)


_ALL = "M:Upsample M:UpsamplingBilinear2d M:UpsamplingNearest2d F:interpolate F:upsample"

OPERATORS = (
    _op("Upsample", SPATIAL, _resize(functional_only=False), _ALL),
    _op("Interpolate", SPATIAL, _resize(functional_only=True), _ALL),
    _op("UpsamplingBilinear2d", (Layout.IMAGE,), _legacy("UpsamplingBilinear2d", "bilinear"),
        "M:UpsamplingBilinear2d M:Upsample F:interpolate F:upsample F:upsample_bilinear"),
    _op("UpsamplingNearest2d", (Layout.IMAGE,), _legacy("UpsamplingNearest2d", "nearest"),
        "M:UpsamplingNearest2d M:Upsample F:interpolate F:upsample F:upsample_nearest"),
    _op("GridSample", (Layout.IMAGE,), _grid_sample, "F:grid_sample", Limits(low=3),
        "grid (B, H, W, 2) in -1 to 1, as F.affine_grid gives it"),
)  # fmt: skip
