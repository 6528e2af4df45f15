"""Operators that move elements between channels and space."""

from __future__ import annotations

from operators.effects import kept, viewed
from operators.spec import SPATIAL, Arg, Form, Layout, Limits, Operator, Site, Step, expr, module


def _shuffle(site: Site) -> Step:
    groups = site.divisor(site.channels)
    by_hand = Form(
        f"{{grouped}} = {{x}}.unflatten(1, ({groups}, {site.channels // groups}))\n"
        f"{{out}} = F.channel_shuffle({{grouped}}.flatten(1, 2), {groups})",
        weight=0.3,
    )
    forms = (
        module("nn.ChannelShuffle", "shuffle", Arg("", groups, "groups"), weight=3.0),
        expr(f"F.channel_shuffle({{x}}, {groups})"),
        by_hand,
    )
    return Step(site.layout, site.shape, forms, kept)


def _pixel_shuffle(site: Site) -> Step:
    factor = 3 if site.channels % 9 == 0 and site.rng.random() < 0.5 else 2
    channels = site.channels // factor**2
    shape = site.with_sizes(channels, tuple(s * factor for s in site.spatial))
    forms = (
        module("nn.PixelShuffle", "pixel_shuffle", Arg("", factor, "upscale_factor"), weight=3.0),
        expr(f"F.pixel_shuffle({{x}}, {factor})"),
    )
    return Step(site.layout, shape, forms, viewed)


def _pixel_unshuffle(site: Site) -> Step:
    """Needs even sides: an odd row or column is cut off first."""
    height, width = (s // 2 * 2 for s in site.spatial)
    shape = site.with_sizes(site.channels * 4, (height // 2, width // 2))
    cut = "{x}" if (height, width) == site.spatial else f"{{x}}[:, :, :{height}, :{width}]"
    whole = cut == "{x}"
    first = module("nn.PixelUnshuffle", "pixel_unshuffle", Arg("", 2, "downscale_factor"), weight=3.0)
    if not whole:
        first = Form(f"{{m}}({cut})", first.makes, weight=3.0)
    return Step(site.layout, shape, (first, expr(f"F.pixel_unshuffle({cut}, 2)")), viewed)


_IMAGE = (Layout.IMAGE,)

OPERATORS = (
    Operator("ChannelShuffle", "supporting", "channel_ops", SPATIAL, _shuffle,
             ("M:ChannelShuffle", "F:channel_shuffle", "F:native_channel_shuffle"), Limits(multiple=2, least=4), 4,
             hint="groups divides C"),
    Operator("PixelShuffle", "supporting", "channel_ops", _IMAGE, _pixel_shuffle,
             ("M:PixelShuffle", "F:pixel_shuffle"), Limits(multiple=4, least=8, high=48), 4,
             hint="C divisible by the factor squared"),
    Operator("PixelUnshuffle", "supporting", "channel_ops", _IMAGE, _pixel_unshuffle,
             ("M:PixelUnshuffle", "F:pixel_unshuffle"), Limits(low=4, widest=48, shrink=2.0), 4,
             hint="H and W divisible by the factor"),
)  # fmt: skip
