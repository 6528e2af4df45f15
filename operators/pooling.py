"""Pooling: windows, adaptive, power-average, fractional, and unpooling."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from operators.convolutions import conv_size
from operators.effects import averaged, collapsed, extreme, scaled, summed
from operators.spec import (
    OF_RANK,
    SPATIAL,
    Arg,
    Effect,
    Form,
    Layout,
    Limits,
    Make,
    Operator,
    Site,
    Stats,
    Step,
    expr,
    module,
    size_of,
)

_HALVING = Limits(low=2, shrink=2.0)


def pool_window(site: Site) -> tuple[int, int, int]:
    """Kernel, stride and padding that fit every spatial axis."""
    smallest = min(site.spatial)
    if smallest < 3:
        return (min(2, smallest), 1, 0)
    choices = [(2, 2, 0), (2, 2, 0), (3, 1, 1), (3, 2, 1), (3, 1, 0)]
    if smallest >= 12:
        choices.append((4, 4, 0))
    return site.rng.choice(choices)


def _call(name: str, kernel: int, stride: int, padding: int) -> str:
    text = f"F.{name}({{x}}, kernel_size={kernel}, stride={stride}"
    return text + (f", padding={padding})" if padding else ")")


def _window_args(kernel: int, stride: int, padding: int) -> tuple[Arg, ...]:
    args = [Arg("kernel_size", kernel, "pool_size"), Arg("stride", stride, "pool_stride")]
    return (*args, Arg("padding", padding)) if padding else tuple(args)


@lru_cache(maxsize=256)
def _pool_forms(kind: str, rank: int, kernel: int, stride: int, padding: int) -> tuple[Form, ...]:
    call = _call(f"{kind.lower()}_pool{rank}d", kernel, stride, padding)
    return (
        module(f"nn.{kind}Pool{rank}d", "pool", *_window_args(kernel, stride, padding), weight=2.0),
        expr(call),
    )


def _pool_plan(kind: str, fixed_rank: int = 0) -> Callable[[Site], Step]:
    """Max or average pooling; `fixed_rank` 0 takes the rank of the site."""

    def plan(site: Site) -> Step:
        rank = fixed_rank or site.rank
        kernel, stride, padding = pool_window(site)
        sizes = tuple([conv_size(s, kernel, stride, padding) for s in site.spatial])
        count = kernel**rank
        effect: Effect = extreme(count) if kind == "Max" else averaged(count)
        forms = _pool_forms(kind, rank, kernel, stride, padding)
        return Step(site.layout, site.with_sizes(spatial=sizes), forms, effect)

    return plan


def _lp_plan(rank: int) -> Callable[[Site], Step]:
    def plan(site: Site) -> Step:
        norm = site.rng.choice((1, 2, 2, 4))
        kernel = min(site.rng.choice((2, 2, 3)), *site.spatial)
        stride = kernel if site.rng.random() < 0.8 else 1
        sizes = tuple(conv_size(s, kernel, stride, 0) for s in site.spatial)
        args = (Arg("norm_type", norm, "norm_type"), Arg("kernel_size", kernel, "pool_size"), Arg("stride", stride))
        call = f"F.lp_pool{rank}d({{x}}, norm_type={float(norm)}, kernel_size={kernel}, stride={stride})"
        forms = (module(f"nn.LPPool{rank}d", "lp_pool", *args, weight=2.0), expr(call))
        return Step(site.layout, site.with_sizes(spatial=sizes), forms, _power_mean(kernel**rank, norm))

    return plan


def _power_mean(count: int, norm: int) -> Effect:
    """The root of the sum of powers; with the first power it is a sum, signs and all."""
    if norm == 1:
        return summed(count)
    grow = count ** (1 / norm)
    return lambda s: Stats(grow * (abs(s.mean) + 0.8 * s.std), s.std * 0.7, s.signal * 0.7)


def _adaptive_plan(kind: str, rank: int) -> Callable[[Site], Step]:
    def plan(site: Site) -> Step:
        rng = site.rng
        sizes = tuple(max(1, s // rng.choice((2, 2, 3))) if s > 3 else s for s in site.spatial)
        if rng.random() < 0.5:
            sizes = (min(sizes),) * rank
        written: object = sizes[0] if len(set(sizes)) == 1 else sizes
        count = max(1, site.size // site.batch // site.channels // max(1, size_of(sizes)))
        mean = averaged(count) if size_of(sizes) > 1 else collapsed(tuple(range(2, rank + 2)), averaged(count))
        effect: Effect = extreme(count) if kind == "Max" else mean
        role = "output_size" if isinstance(written, int) else ""
        forms = (
            module(f"nn.Adaptive{kind}Pool{rank}d", "adaptive_pool", Arg("", written, role), weight=2.0),
            expr(f"F.adaptive_{kind.lower()}_pool{rank}d({{x}}, {written!r})"),
        )
        return Step(site.layout, site.with_sizes(spatial=sizes), forms, effect)

    return plan


def _global_plan(kind: str) -> Callable[[Site], Step]:
    """One number per channel, as (B, C, 1, ...) or squeezed to a vector."""

    def plan(site: Site) -> Step:
        rank, axes = site.rank, tuple(range(2, 2 + site.rank))
        count = size_of(site.spatial)
        effect: Effect = extreme(count) if kind == "Max" else collapsed(axes, averaged(count))
        method = "amax" if kind == "Max" else "mean"
        cls = f"nn.Adaptive{kind}Pool{rank}d"
        call = f"F.adaptive_{kind.lower()}_pool{rank}d({{x}}, 1)"
        if site.leads_to(Layout.VECTOR, 0.6):
            pool = Make(cls, (Arg("", 1),), "global_pool")
            forms: tuple[Form, ...] = (
                Form("{m}({x}).flatten(1)", (("m", pool),), weight=2.0),
                expr(f"torch.flatten({call}, 1)"),
                expr(f"{{x}}.{method}(dim={axes})"),
            )
            return Step(Layout.VECTOR, (site.batch, site.channels), forms, effect)
        forms = (
            module(cls, "global_pool", Arg("", 1), weight=2.0),
            expr(call),
            expr(f"{{x}}.{method}(dim={axes}, keepdim=True)"),
        )
        return Step(site.layout, site.with_sizes(spatial=(1,) * rank), forms, effect)

    return plan


def _fractional_plan(rank: int) -> Callable[[Site], Step]:
    """Fractional pooling draws its regions at random: give it fixed samples, so that runs agree."""

    def plan(site: Site) -> Step:
        kernel = 2
        sizes = tuple(max(1, min(s - kernel, round(s * site.rng.choice((0.5, 0.6, 0.7))))) for s in site.spatial)
        value = site.rng.choice((0.25, 0.5, 0.75))
        samples = f"torch.full(({site.batch}, {site.channels}, {rank}), {value})"
        size: object = sizes[0] if len(set(sizes)) == 1 else sizes
        args = (Arg("", kernel, "pool_size"), Arg("output_size", size), Arg("_random_samples", samples))
        call = f"F.fractional_max_pool{rank}d({{x}}, {kernel}, output_size={size}, _random_samples="
        inline = f"{{x}}.new_full(({site.batch}, {site.channels}, {rank}), {value}))"
        forms = (module(f"nn.FractionalMaxPool{rank}d", "fractional_pool", *args, weight=2.0), expr(call + inline))
        return Step(site.layout, site.with_sizes(spatial=sizes), forms, extreme(kernel**rank))

    return plan


def _unpool_plan(rank: int) -> Callable[[Site], Step]:
    """Max pooling that keeps its indices, something in between, and the inverse that puts values back."""

    def plan(site: Site) -> Step:
        even = all(s % 2 == 0 for s in site.spatial) and site.rng.random() < 0.5
        sized = "" if even else ", output_size={x}.shape[2:]"  # odd sizes are lost otherwise
        pool_args = (Arg("kernel_size", 2, "pool_size"), Arg("stride", 2, "pool_stride"))
        pool = Make(f"nn.MaxPool{rank}d", (*pool_args, Arg("return_indices", True)), "pool")
        unpool = Make(f"nn.MaxUnpool{rank}d", pool_args, "unpool")
        between = site.rng.choice(("{p}", "{p} * 0.5", "torch.tanh({p})"))
        text = f"{{p}}, {{indices}} = {{m}}({{x}})\n{{out}} = {{x}} + {{u}}({between}, {{indices}}{sized})"
        functional = (
            f"{{p}}, {{indices}} = F.max_pool{rank}d({{x}}, 2, stride=2, return_indices=True)\n"
            f"{{out}} = {{x}} + F.max_unpool{rank}d({between}, {{indices}}, 2, stride=2{sized})"
        )
        forms = (Form(text, (("m", pool), ("u", unpool)), weight=3.0), Form(functional))
        return Step(site.layout, site.shape, forms, scaled(1.2))

    return plan


def _op(
    name: str,
    layouts: tuple[Layout, ...],
    plan: Callable[[Site], Step],
    events: str,
    limits: Limits = _HALVING,
    exits: tuple[tuple[Layout, Layout], ...] = (),
    hint: str = "",
) -> Operator:
    return Operator(
        name, "supporting", "pooling", layouts, plan, tuple(events.split()), limits, 4, exits=exits, hint=hint
    )


_OUT = tuple((layout, Layout.VECTOR) for layout in SPATIAL)
_TO_ONE = "over all spatial axes"
_RANKS = (1, 2, 3)
_MAX = " ".join(f"M:MaxPool{r}d F:max_pool{r}d F:max_pool{r}d_with_indices" for r in _RANKS)
_AVG = " ".join(f"M:AvgPool{r}d F:avg_pool{r}d" for r in _RANKS)
_ADAPTIVE = " ".join(f"M:AdaptiveAvgPool{r}d F:adaptive_avg_pool{r}d" for r in _RANKS) + " F:mean"
_ADAPTIVE_MAX = " F:amax F:max " + " ".join(
    f"M:AdaptiveMaxPool{r}d F:adaptive_max_pool{r}d F:adaptive_max_pool{r}d_with_indices" for r in _RANKS
)


def _ranked(rank: int) -> tuple[Operator, ...]:
    layouts = (OF_RANK[rank],)
    both = (f"F:max_pool{rank}d", f"F:max_pool{rank}d_with_indices")
    return (
        _op(f"MaxPool{rank}d", layouts, _pool_plan("Max", rank), " ".join((f"M:MaxPool{rank}d", *both))),
        _op(f"AvgPool{rank}d", layouts, _pool_plan("Avg", rank), f"M:AvgPool{rank}d F:avg_pool{rank}d"),
        _op(f"LPPool{rank}d", layouts, _lp_plan(rank), f"M:LPPool{rank}d F:lp_pool{rank}d"),
        _op(f"AdaptiveAvgPool{rank}d", layouts, _adaptive_plan("Avg", rank),
            f"M:AdaptiveAvgPool{rank}d F:adaptive_avg_pool{rank}d"),
        _op(f"AdaptiveMaxPool{rank}d", layouts, _adaptive_plan("Max", rank),
            f"M:AdaptiveMaxPool{rank}d F:adaptive_max_pool{rank}d F:adaptive_max_pool{rank}d_with_indices"),
        _op(f"MaxUnpool{rank}d", layouts, _unpool_plan(rank), f"M:MaxUnpool{rank}d F:max_unpool{rank}d",
            Limits(low=2, high=(512, 32, 12)[rank - 1]),
            hint="needs the indices of a max pool with return_indices=True, and output_size= where sizes are odd"),
    )  # fmt: skip


OPERATORS = (
    *_ranked(1),
    *_ranked(2),
    *_ranked(3),
    *(
        _op(f"FractionalMaxPool{r}d", (OF_RANK[r],), _fractional_plan(r),
            f"M:FractionalMaxPool{r}d F:fractional_max_pool{r}d F:fractional_max_pool{r}d_with_indices",
            Limits(low=4, shrink=2.0),
            hint=f"random regions: pass _random_samples=torch.full((B, C, {r}), 0.5) to either")
        for r in (2, 3)
    ),
    _op("MaxPool", SPATIAL, _pool_plan("Max"), _MAX),
    _op("AvgPool", SPATIAL, _pool_plan("Avg"), _AVG),
    _op("GlobalAvgPool", SPATIAL, _global_plan("Avg"), _ADAPTIVE, Limits(low=2), _OUT, _TO_ONE),
    _op("GlobalMaxPool", SPATIAL, _global_plan("Max"), _ADAPTIVE_MAX, Limits(low=2), _OUT, _TO_ONE),
)  # fmt: skip
