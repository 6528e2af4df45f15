"""Convolutions and transposed convolutions of every rank, plain, depthwise, pointwise and lazy."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from operators.effects import mixed
from operators.spec import OF_RANK, Arg, Form, Limits, Make, Operator, Shape, Site, Step, expr, param


def conv_size(size: int, kernel: int, stride: int, padding: int, dilation: int = 1) -> int:
    """Positions that a window of `kernel` visits."""
    return (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1


def transposed_size(size: int, kernel: int, stride: int, padding: int, extra: int) -> int:
    """The inverse of `conv_size`, `extra` being the output padding."""
    return (size - 1) * stride - 2 * padding + kernel + extra


def _each(rng_values: tuple[int, ...]) -> object:
    """(3, 3) is written 3."""
    return rng_values[0] if len(set(rng_values)) == 1 else rng_values


def _groups(site: Site, out: int) -> int:
    """Sometimes a grouped convolution, where the channels allow one."""
    if site.rng.random() < 0.8:
        return 1
    common = [g for g in (2, 4, 8) if site.channels % g == 0 and out % g == 0]
    return site.rng.choice(common) if common else 1


class _Window(NamedTuple):
    """How a convolution moves over the spatial axes, and their sizes afterwards."""

    kernel: Shape
    stride: Shape
    padding: Shape
    dilation: int
    sizes: Shape


def _window(site: Site) -> _Window:
    """Kernel, stride, padding and dilation that fit the spatial sizes."""
    rng, spatial = site.rng, site.spatial
    rank, smallest = len(spatial), min(spatial)
    common = rng.choice((1, 3, 3, 3, 5)) if rank < 3 else rng.choice((1, 3, 3))
    uneven = rank > 1 and rng.random() < 0.15
    stride = 2 if rng.random() < 0.25 and smallest >= 6 else 1
    dilation = 2 if common == 3 and smallest >= 7 and rng.random() < 0.12 else 1
    same = rng.random() < 0.75
    wanted = tuple([rng.choice((1, 3)) for _ in spatial]) if uneven else (common,) * rank
    return _fitted(spatial, wanted, stride, dilation, same)


@lru_cache(maxsize=4096)
def _fitted(spatial: Shape, wanted: Shape, stride: int, dilation: int, same: bool) -> _Window:
    """A window with kernels as `wanted`, where the sizes allow them, that keeps the sizes or not."""
    kernels, paddings = [], []
    for size, kernel in zip(spatial, wanted, strict=True):
        if kernel > size:
            kernel = 1 if size < 3 else 3
        pad = dilation * (kernel - 1) // 2
        kernels.append(kernel)
        paddings.append(pad if same or size < 2 * dilation * kernel else 0)
    sizes = tuple(conv_size(n, k, stride, p, dilation) for n, k, p in zip(spatial, kernels, paddings, strict=True))
    return _Window(tuple(kernels), (stride,) * len(spatial), tuple(paddings), dilation, sizes)


def _optional(name: str, value: object, default: object) -> tuple[Arg, ...]:
    return () if value == default else (Arg(name, value, name if isinstance(value, int) else ""),)


@lru_cache(maxsize=4096)
def _tail(
    kernel: Shape, stride: Shape, padding: Shape, dilation: int, groups: int, bias: bool
) -> tuple[tuple[Arg, ...], str]:
    """The arguments after the channels, and how those of them that are no shape are written in a call."""
    args = (
        Arg("kernel_size", _each(kernel), "kernel_size" if len(set(kernel)) == 1 else ""),
        *_optional("stride", _each(stride), 1),
        *_optional("padding", _each(padding), 0),
        *_optional("dilation", dilation, 1),
        *_optional("groups", groups, 1),
    )
    options = "".join(f", {a.name}={a.value!r}" for a in args[1:])
    return args if bias else (*args, Arg("bias", False)), options


@lru_cache(maxsize=1024)
def _turned_tail(kernel: int, stride: int, padding: int, extra: int, groups: int) -> tuple[tuple[Arg, ...], str]:
    """As `_tail`, of a transposed convolution."""
    args = (
        Arg("kernel_size", kernel, "kernel_size"),
        *_optional("stride", stride, 1),
        *_optional("padding", padding, 0),
        *_optional("output_padding", extra, 0),
        *_optional("groups", groups, 1),
    )
    return args, "".join(f", {a.name}={a.value!r}" for a in args[1:])


def _lazy(cls: str, hint: str, args: tuple[Arg, ...], site: Site) -> Form:
    """A lazy module, run once in `__init__` so that its parameters exist from the start."""
    sizes = ", ".join(map(str, (1, *site.shape[1:])))
    make = Make(cls, args, hint, after=f"{{self}}(torch.zeros({sizes}))  # fixes the lazy shapes")
    return Form("{m}({x})", (("m", make),))


def conv_plan(rank: int, lazy: bool = False, kind: str = "plain") -> Callable[[Site], Step]:
    """Plan a convolution over `rank` spatial axes."""
    hint = "conv" if kind == "plain" else kind
    cls, lazy_cls, call, named = (
        f"nn.Conv{rank}d",
        f"nn.LazyConv{rank}d",
        f"F.conv{rank}d({{x}}, {{w}}",
        f"{hint}_weight",
    )
    one, none = (1,) * rank, (0,) * rank

    def plan(site: Site) -> Step:
        rng, channels = site.rng, site.channels
        out = channels * rng.choice((1, 1, 2)) if kind == "depthwise" else site.width()
        kernel, stride, padding, dilation, sizes = _window(site)
        if kind == "pointwise":
            kernel, stride, padding, dilation, sizes = one, one, none, 1, site.spatial
        groups = channels if kind == "depthwise" else _groups(site, out)
        tail, options = _tail(kernel, stride, padding, dilation, groups, rng.random() < 0.8)
        if lazy:
            forms: tuple[Form, ...] = (_lazy(lazy_cls, hint, (Arg("", out, "out_channels"), *tail), site),)
        else:
            make = Make(cls, (Arg("", channels, "in_channels"), Arg("", out, "out_channels"), *tail), hint)
            weight = param(named, (out, channels // groups, *kernel))
            forms = (
                Form("{m}({x})", (("m", make),), False, True, 6.0),
                expr(f"{call}{options})", ("w", weight)),
            )
        return Step(site.layout, (site.batch, out, *sizes), forms, mixed())

    return plan


def transposed_plan(rank: int, lazy: bool = False) -> Callable[[Site], Step]:
    """Plan a transposed convolution; it grows the spatial axes by its stride."""
    cls, lazy_cls, call = (
        f"nn.ConvTranspose{rank}d",
        f"nn.LazyConvTranspose{rank}d",
        f"F.conv_transpose{rank}d({{x}}, {{w}}",
    )

    def plan(site: Site) -> Step:
        rng, channels = site.rng, site.channels
        out = site.width()
        room = 60_000 // max(1, site.size // channels * out)
        stride = 2 if room >= 2**rank and rng.random() < 0.7 else 1
        kernel, padding, extra = rng.choice(
            ((2, 0, 0), (4, 1, 0), (3, 1, 1)) if stride == 2 else ((3, 1, 0), (1, 0, 0))
        )
        sizes = [transposed_size(n, kernel, stride, padding, extra) for n in site.spatial]
        groups = _groups(site, out)
        tail, options = _turned_tail(kernel, stride, padding, extra, groups)
        if lazy:
            forms: tuple[Form, ...] = (_lazy(lazy_cls, "deconv", (Arg("", out, "out_channels"), *tail), site),)
        else:
            make = Make(cls, (Arg("", channels, "in_channels"), Arg("", out, "out_channels"), *tail), "deconv")
            weight = param("deconv_weight", (channels, out // groups, *(kernel,) * rank))
            forms = (
                Form("{m}({x})", (("m", make),), False, True, 6.0),
                expr(f"{call}{options})", ("w", weight)),
            )
        return Step(site.layout, (site.batch, out, *sizes), forms, mixed())

    return plan


_UNSIZED = "its in_channels come from the first input it sees"


def _family(rank: int) -> tuple[Operator, ...]:
    layouts = (OF_RANK[rank],)
    conv = (f"M:Conv{rank}d", f"M:LazyConv{rank}d", f"F:conv{rank}d")
    turned = (f"M:ConvTranspose{rank}d", f"M:LazyConvTranspose{rank}d", f"F:conv_transpose{rank}d")
    limits = Limits(low=2, widest=256, shrink=2.0)
    narrow = Limits(high=(1024, 40, 12)[rank - 1], widest=256, shrink=0.5)
    return (
        Operator(f"Conv{rank}d", "core", "convolutions", layouts, conv_plan(rank), conv, limits, 1),
        Operator(f"ConvTranspose{rank}d", "core", "convolutions", layouts, transposed_plan(rank), turned, narrow, 1),
        Operator(
            f"LazyConv{rank}d", "core", "lazy", layouts, conv_plan(rank, lazy=True), conv, limits, 1, hint=_UNSIZED
        ),
        Operator(
            f"LazyConvTranspose{rank}d",
            "core",
            "lazy",
            layouts,
            transposed_plan(rank, lazy=True),
            turned,
            narrow,
            1,
            hint=_UNSIZED,
        ),
    )


def _special(name: str, rank: int, kind: str, hint: str) -> Operator:
    events = (f"M:Conv{rank}d", f"F:conv{rank}d")
    limits = Limits(low=2, widest=256, shrink=2.0)
    plan = conv_plan(rank, kind=kind)
    return Operator(name, "core", "convolutions", (OF_RANK[rank],), plan, events, limits, 1, hint=hint)


OPERATORS = (
    *_family(1),
    *_family(2),
    *_family(3),
    _special("DepthwiseConv1d", 1, "depthwise", "groups=in_channels"),
    _special("DepthwiseConv2d", 2, "depthwise", "groups=in_channels"),
    _special("PointwiseConv1d", 1, "pointwise", "kernel_size=1"),
    _special("PointwiseConv2d", 2, "pointwise", "kernel_size=1"),
)
