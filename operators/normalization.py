"""Normalisation layers.  Programs run in eval mode, so batch statistics are the stored ones."""

from __future__ import annotations

from collections.abc import Callable

from operators.effects import kept, normalised, normalised_over, scaled
from operators.spec import (
    ANY,
    ANYTHING,
    OF_RANK,
    SPATIAL,
    Arg,
    Form,
    Layout,
    Limits,
    Make,
    Operator,
    Site,
    Step,
    expr,
    loose,
    module,
    param,
)

_PHASE = 2


def _maybe(site: Site, *args: Arg) -> tuple[Arg, ...]:
    """Optional arguments, written now and then."""
    return args if site.rng.random() < 0.3 else ()


def _batch_norm(cls: str, hint: str, site: Site) -> Step:
    args = (Arg("", site.channels, "num_features"), *_maybe(site, Arg("eps", 1e-3), Arg("momentum", 0.05)))
    return Step(site.layout, site.shape, (module(f"nn.{cls}", hint, *args),), kept)


def _batch_norm_plan(rank: int) -> Callable[[Site], Step]:
    return lambda site: _batch_norm(f"BatchNorm{rank or max(site.rank, 1)}d", "bn", site)


def _sync_batch_norm(site: Site) -> Step:
    return _batch_norm("SyncBatchNorm", "sync_bn", site)


def _lazy_plan(kind: str, rank: int) -> Callable[[Site], Step]:
    """A lazy norm, run once in `__init__` on ones so that its parameters exist from the start."""

    def plan(site: Site) -> Step:
        instance = kind == "Instance"
        args = (Arg("affine", True),) if instance else _maybe(site, Arg("eps", 1e-3))
        sizes = ", ".join(map(str, (2, *site.shape[1:])))
        after = f"{{self}}(torch.zeros({sizes}))  # fixes the lazy shapes"
        make = Make(f"nn.Lazy{kind}Norm{rank}d", args, "inorm" if instance else "bn", after)
        effect = normalised_over(_spatial_axes(site)) if instance else kept
        return Step(site.layout, site.shape, (Form("{m}({x})", (("m", make),)),), effect)

    return plan


def _instance_plan(rank: int) -> Callable[[Site], Step]:
    def plan(site: Site) -> Step:
        affine = site.rng.random() < 0.5
        args = (Arg("", site.channels, "num_features"), *((Arg("affine", True),) if affine else ()))
        forms = (
            module(f"nn.InstanceNorm{rank or site.rank}d", "inorm", *args, weight=3.0),
            expr("F.instance_norm({x})"),
        )
        return Step(site.layout, site.shape, forms, normalised_over(_spatial_axes(site)))

    return plan


def _spatial_axes(site: Site) -> tuple[int, ...]:
    return tuple(range(2, len(site.shape)))


def _normal_axes(site: Site) -> tuple[int, ...]:
    """Trailing axes worth normalising over: at least two elements, and few enough for a weight each."""
    shape = site.shape
    depth = 1 if site.layout in (Layout.VECTOR, Layout.SEQUENCE) else site.rng.choice((1, site.rank, site.rank + 1))
    axes = shape[-depth:]
    total = 1
    for size in axes:
        total *= size
    if total < 4 or total > 20_000:
        axes = shape[-1:] if shape[-1] > 2 else shape[1:]
    return axes


def _layer_norm(site: Site) -> Step:
    axes = _normal_axes(site)
    one = len(axes) == 1
    size: object = axes[0] if one else list(axes)
    role = "normalized_size" if one else ""
    args = (Arg("", size, role), *_maybe(site, Arg("eps", 1e-6)))
    forms = (
        module("nn.LayerNorm", "norm", *args, weight=5.0),
        expr(f"F.layer_norm({{x}}, {axes!r})"),
        expr(
            f"F.layer_norm({{x}}, {axes!r}, {{w}}, {{b}})",
            ("w", param("norm_weight", axes, "torch.ones({})")),
            ("b", param("norm_bias", axes, "torch.zeros({})")),
        ),
    )
    trailing = tuple(range(len(site.shape) - len(axes), len(site.shape)))
    return Step(site.layout, site.shape, forms, normalised_over(trailing))


def _rms_norm(site: Site) -> Step:
    axes = _normal_axes(site)
    size: object = axes[0] if len(axes) == 1 else list(axes)
    args = (Arg("", size, "normalized_size" if len(axes) == 1 else ""), *_maybe(site, Arg("eps", 1e-6)))
    by_hand = "{x} * torch.rsqrt({x}.pow(2).mean(dim=-1, keepdim=True) + 1e-6)"
    forms = [module("nn.RMSNorm", "norm", *args, weight=4.0), expr(f"F.rms_norm({{x}}, {axes!r})")]
    if site.shape[-1] > 1 and site.rng.random() < 0.2:
        weighted = (("m", Make("nn.RMSNorm", args, "norm")),)
        forms.append(Form(f"{{x}} + {{m}}({by_hand})", weighted, loose=True))
    return Step(site.layout, site.shape, tuple(forms), normalised)


def _group_norm(site: Site) -> Step:
    groups = site.divisor(site.channels)
    if site.size // site.batch // groups < 2:
        groups = 1
    args = (Arg("", groups, "num_groups"), Arg("", site.channels, "num_channels"))
    forms = (module("nn.GroupNorm", "group_norm", *args, weight=5.0), expr(f"F.group_norm({{x}}, {groups})"))
    return Step(site.layout, site.shape, forms, normalised_over(tuple(range(1, len(site.shape)))))


def _local_response(site: Site) -> Step:
    size = site.rng.choice((2, 3, 5))
    args = (Arg("size", size, "lrn_size"), *_maybe(site, Arg("alpha", 1e-3), Arg("beta", 0.75), Arg("k", 1.0)))
    forms = (module("nn.LocalResponseNorm", "lrn", *args, weight=3.0), expr(f"F.local_response_norm({{x}}, {size})"))
    if site.layout is Layout.VOLUME:
        # On volumes torch takes a view inside, which a transposed value does not allow.
        make = (("m", Make("nn.LocalResponseNorm", args, "lrn")),)
        forms = (Form("{m}({x}.contiguous())", make), expr(f"F.local_response_norm({{x}}.contiguous(), {size})"))
    return Step(site.layout, site.shape, forms, kept)


def _cross_map(site: Site) -> Step:
    """Local response over channel maps, which torch.compile can only trace in its functional spelling."""
    size = site.rng.choice((3, 5))
    text = f"F.local_response_norm({{x}}, size={size}, alpha={site.rng.choice((1e-4, 1e-3))}, k=1.0)"
    forms = (expr(text), module("nn.LocalResponseNorm", "cross_map_lrn", Arg("size", size, "lrn_size")))
    return Step(site.layout, site.shape, forms, kept)


def _normalize(site: Site) -> Step:
    """Unit length along the feature axis."""
    dim = site.feature_axis
    p = site.rng.choice((1.0, 2.0, 2.0))
    norm = site.channels if p == 1.0 else site.channels**0.5
    forms = (
        expr(f"F.normalize({{x}}, p={p}, dim={dim})", weight=3.0),
        loose(f"{{x}} / ({{x}}.norm(p={p}, dim={dim}, keepdim=True) + 1e-6)"),
    )
    factor = 1 / max(norm * max((site.stats.mean**2 + site.stats.std**2) ** 0.5, 1e-6), 1e-6)
    shrunk = scaled(factor)
    # The sum of magnitudes is 1 then, which is the sum itself where nothing is negative.
    effect = (lambda s: shrunk(s).along((dim,))) if p == 1.0 else shrunk
    return Step(site.layout, site.shape, forms, effect)


def _op(
    name: str,
    layouts: tuple[Layout, ...],
    plan: Callable[[Site], Step],
    events: str,
    limits: Limits = ANYTHING,
    family: str = "normalizations",
    hint: str = "",
) -> Operator:
    if family == "lazy":
        hint = "its sizes come from the first input it sees"
    return Operator(name, "supporting", family, layouts, plan, tuple(events.split()), limits, _PHASE, hint=hint)


_BN = "M:BatchNorm1d M:BatchNorm2d M:BatchNorm3d M:LazyBatchNorm1d M:LazyBatchNorm2d M:LazyBatchNorm3d F:batch_norm"
_IN = "M:InstanceNorm1d M:InstanceNorm2d M:InstanceNorm3d M:LazyInstanceNorm1d M:LazyInstanceNorm2d"
_IN += " M:LazyInstanceNorm3d F:instance_norm"
_FLAT = (Layout.VECTOR, Layout.SIGNAL)


def _ranked(rank: int) -> tuple[Operator, ...]:
    layouts = (OF_RANK[rank],)
    batch = f"M:BatchNorm{rank}d M:LazyBatchNorm{rank}d M:SyncBatchNorm F:batch_norm"
    instance = f"M:InstanceNorm{rank}d M:LazyInstanceNorm{rank}d F:instance_norm"
    maps = _FLAT if rank == 1 else layouts
    return (
        _op(f"BatchNorm{rank}d", maps, _batch_norm_plan(rank), batch),
        _op(f"InstanceNorm{rank}d", layouts, _instance_plan(rank), instance, Limits(low=4)),
        _op(f"LazyBatchNorm{rank}d", layouts, _lazy_plan("Batch", rank), batch, family="lazy"),
        _op(f"LazyInstanceNorm{rank}d", layouts, _lazy_plan("Instance", rank), instance, Limits(low=4), "lazy"),
    )


OPERATORS = (
    _op("LayerNorm", ANY, _layer_norm, "M:LayerNorm F:layer_norm", Limits(least=4)),
    _op("InstanceNorm", SPATIAL, _instance_plan(0), _IN, Limits(low=4)),
    _op("GroupNorm", (Layout.VECTOR, *SPATIAL), _group_norm, "M:GroupNorm F:group_norm", Limits(least=4),
        hint="num_groups divides C"),
    _op("LocalResponseNorm", SPATIAL, _local_response,
        "M:LocalResponseNorm M:CrossMapLRN2d F:local_response_norm", Limits(least=2)),
    _op("RMSNorm", ANY, _rms_norm, "M:RMSNorm F:rms_norm", Limits(least=2)),
    _op("BatchNorm", (Layout.VECTOR, *SPATIAL), _batch_norm_plan(0), _BN + " M:SyncBatchNorm"),
    _op("SyncBatchNorm", (Layout.VECTOR, *SPATIAL), _sync_batch_norm, "M:SyncBatchNorm",
        hint="runs without process group in eval mode"),
    _op("CrossMapLRN2d", (Layout.IMAGE,), _cross_map,
        "M:CrossMapLRN2d M:LocalResponseNorm F:local_response_norm", Limits(least=2),
        hint="torch's own CrossMapLRN2d does not compile"),
    _op("Normalize", ANY, _normalize, "F:normalize F:norm F:vector_norm", Limits(least=2)),
    *_ranked(1),
    *_ranked(2),
    *_ranked(3),
)  # fmt: skip
