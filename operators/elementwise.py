"""Elementwise arithmetic of two values: sums, products, comparisons, distances."""

from __future__ import annotations

import math
from collections.abc import Callable

from operators.effects import joined, kept, pointwise, scaled, shifted, winning
from operators.spec import (
    ANY,
    ANYTHING,
    SPATIAL,
    Arg,
    Effect,
    Form,
    Layout,
    Limits,
    Make,
    Operand,
    Operator,
    Shape,
    Site,
    Stats,
    Step,
    constant,
    expr,
    loose,
    param,
    shape_of,
)


def _like(site: Site) -> tuple[Operand, ...]:
    return (Operand("y", site.shape),)


def _per_channel(site: Site) -> Shape:
    """A shape with a number per feature that broadcasts against the value, batch axis left out."""
    return shape_of(site.layout, 1, site.channels, (1,) * site.rank)[1:]


def _number(site: Site) -> float:
    return site.rng.choice((0.1, 0.25, 0.3, 0.5, 0.5, 0.75, 1.0, 1.5, 2.0))


def _product(stats: Stats) -> Stats:
    """Times an independent value of spread 1."""
    size = math.hypot(stats.mean, stats.std)
    return Stats(0.0, size, max(stats.signal, 0.3 * size))


def _add(site: Site) -> Step:
    if site.rng.random() < 0.3:
        number = _number(site)
        forms: tuple[Form, ...] = (
            loose(f"{{x}} + {number}"),
            expr(f"torch.add({{x}}, {number})"),
            loose("{x} + {c}", ("c", constant("offset", number))),
        )
        return Step(site.layout, site.shape, forms, pointwise(lambda v: v + number))
    forms = (loose("{x} + {y}", weight=3.0), expr("torch.add({x}, {y})"), expr("{x}.add({y})"),
             expr(f"torch.add({{x}}, {{y}}, alpha={_number(site)})", weight=0.5))  # fmt: skip
    return Step(site.layout, site.shape, forms, joined(), _like(site))


def _subtract(site: Site) -> Step:
    roll = site.rng.random()
    if roll < 0.2:
        number = _number(site)
        forms: tuple[Form, ...] = (loose(f"{{x}} - {number}"), expr(f"torch.sub({{x}}, {number})"))
        return Step(site.layout, site.shape, forms, pointwise(lambda v: v - number))
    if roll < 0.45 and site.shape[-1] > 2:
        forms = (loose("{x} - {x}.mean(dim=-1, keepdim=True)"), expr("torch.sub({x}, {x}.mean(dim=-1, keepdim=True))"))
        return Step(site.layout, site.shape, forms, lambda s: Stats(0.0, s.std, s.signal, (len(site.shape) - 1,)))
    forms = (loose("{x} - {y}", weight=3.0), expr("torch.sub({x}, {y})"), expr("{x}.sub({y})"))
    return Step(site.layout, site.shape, forms, joined(), _like(site))


_SQUEEZE = '''class {cls}(nn.Module):
    """A gate per channel, from what all positions hold on average."""

    def __init__(self, channels: int, reduction: int = 4):
        super().__init__()
        hidden = max(channels // reduction, 2)
        self.fc = nn.Sequential(nn.Linear(channels, hidden), nn.ReLU(), nn.Linear(hidden, channels), nn.Sigmoid())

    def forward(self, x):
        gate = self.fc(x.flatten(2).mean(dim=-1))
        return gate.reshape(x.size(0), x.size(1), *[1] * (x.dim() - 2))
'''


def _multiply(site: Site) -> Step:
    roll = site.rng.random()
    if site.layout in SPATIAL and roll < 0.25:
        squeeze = Make("SqueezeExcite", (Arg("", site.channels, "channels"),), "se", helper=_SQUEEZE)
        return Step(site.layout, site.shape, (loose("{x} * {m}({x})", ("m", squeeze)),), scaled(0.5))
    if roll < 0.25:
        number = site.rng.choice((0.5, 0.75, 1.25, 1.5, 2.0))
        forms: tuple[Form, ...] = (
            loose(f"{{x}} * {number}"),
            expr(f"torch.mul({{x}}, {number})"),
            loose("{x} * {c}", ("c", constant("factor", number))),
        )
        return Step(site.layout, site.shape, forms, scaled(number))
    if roll < 0.5:
        gate = (
            "g",
            param("gate", _per_channel(site), "torch.rand({})" if site.rng.random() < 0.5 else "torch.ones({})"),
        )
        return Step(site.layout, site.shape, (loose("{x} * {g}", gate),), scaled(0.7))
    if roll < 0.55 and site.layout is Layout.SEQUENCE:
        forms = (loose("{x} * {mask}.unsqueeze(-1)"), loose("{x} * {mask}[..., None]"))
        return Step(site.layout, site.shape, forms, scaled(0.7), (Operand("mask", site.shape[:2], "mask"),))
    if roll < 0.7:
        forms = (loose("{x} * torch.sigmoid({y})"), expr("torch.mul({x}, torch.tanh({y}))"))
        return Step(site.layout, site.shape, forms, scaled(0.5), _like(site))
    forms = (loose("{x} * {y}", weight=3.0), expr("torch.mul({x}, {y})"), expr("{x}.mul({y})"))
    return Step(site.layout, site.shape, forms, _product, _like(site))


def _divide(site: Site) -> Step:
    """By a number, by a bounded denominator, or by the value's own size."""
    roll = site.rng.random()
    if roll < 0.35:
        number = site.rng.choice((1.5, 2.0, 2.5, 4.0, math.ceil(site.channels**0.5)))
        forms: tuple[Form, ...] = (
            loose(f"{{x}} / {number}"),
            expr(f"torch.div({{x}}, {number})"),
            loose("{x} / {c}", ("c", constant("divisor", number))),
        )
        return Step(site.layout, site.shape, forms, scaled(1 / number))
    if roll < 0.6:
        forms = (loose("{x} / (1.0 + {x}.abs().mean(dim=-1, keepdim=True))"), expr("torch.div({x}, 1.0 + {x}.abs())"))
        return Step(site.layout, site.shape, forms, pointwise(lambda v: v / (1 + abs(v))))
    forms = (loose("{x} / ({y}.abs() + 1.0)"), expr("torch.div({x}, torch.clamp({y}.abs(), min=0.5))"),
             expr("{x}.div({y}.pow(2) + 1.0)"))  # fmt: skip
    return Step(site.layout, site.shape, forms, scaled(0.6), _like(site))


def _clamp(site: Site) -> Step:
    stats = site.stats
    low = float(f"{stats.mean - site.rng.choice((1.0, 1.5, 2.0)) * max(stats.std, 0.05):.2g}")
    high = float(f"{stats.mean + site.rng.choice((1.0, 1.5, 2.0)) * max(stats.std, 0.05):.2g}")
    bounds = (("lo", constant("min_value", low)), ("hi", constant("max_value", high)))
    forms = [
        expr(f"torch.clamp({{x}}, min={low}, max={high})", weight=2.0),
        expr(f"{{x}}.clamp({low}, {high})"),
        expr("torch.clamp({x}, {lo}, {hi})", *bounds),
        expr(f"torch.clip({{x}}, {low}, {high})", weight=0.5),
        expr(f"torch.clamp({{x}}, min={low})", weight=0.5),
    ]
    return Step(site.layout, site.shape, tuple(forms), pointwise(lambda v: min(max(v, low), high)))


def _bias(site: Site) -> Step:
    shape = _per_channel(site)
    bias = ("b", param("bias", shape, site.rng.choice(("torch.zeros({})", "torch.randn({}) * 0.1", "torch.randn({})"))))
    forms = (loose("{x} + {b}", bias, weight=3.0), expr("torch.add({x}, {b})", bias))
    return Step(site.layout, site.shape, forms, shifted(0.1))


def _residual(site: Site) -> Step:
    """x plus a light function of x, or plus an earlier value."""
    if site.rng.random() < 0.4:
        inner = site.rng.choice(
            ("torch.tanh({x})", "F.gelu({x})", "0.5 * torch.sin({x})", "torch.sigmoid({x})", "F.silu({x})")
        )
        return Step(site.layout, site.shape, (loose(f"{{x}} + {inner}"),), scaled(1.5))
    return Step(site.layout, site.shape, (loose("{x} + {y}"), loose("{y} + {x}")), joined(), _like(site))


def _scale(site: Site) -> Step:
    number = site.rng.choice((0.5, 0.75, 1.5, 2.0, round(site.channels**-0.5, 4)))
    gate = ("g", param("scale", _per_channel(site), "torch.ones({})"))
    single = ("g", param("scale", (1,), "torch.ones({})"))
    forms = (
        loose("{x} * {c}", ("c", constant("scale_factor", number))),
        loose("{x} * {g}", gate),
        loose("{x} * {g}", single),
        loose(f"{{x}} * {number}"),
    )
    return Step(site.layout, site.shape, forms, scaled(min(number, 1.0)))


def _similarity(site: Site) -> Step:
    """Cosine of the angle between features at each position, kept as a gate on the value."""
    dim = site.feature_axis
    make = ("m", Make("nn.CosineSimilarity", (Arg("dim", dim), Arg("eps", 1e-6)), "cosine"))
    text = f"{{x}} * {{m}}({{x}}, {{y}}).unsqueeze({dim})"
    forms = (
        loose(text, make, weight=3.0),
        loose(f"{{x}} * F.cosine_similarity({{x}}, {{y}}, dim={dim}).unsqueeze({dim})"),
        Form(
            f"{{similarity}} = {{m}}({{x}}, {{y}})\n{{out}} = {{x}} * (1.0 + {{similarity}}.unsqueeze({dim}))", (make,)
        ),
    )
    return Step(site.layout, site.shape, forms, scaled(0.5), _like(site))


def _distance(site: Site) -> Step:
    """Distance over the last axis; broadcasts back over it."""
    make = ("m", Make("nn.PairwiseDistance", (Arg("p", 2), Arg("keepdim", True)), "distance"))
    functional = "F.pairwise_distance({x}, {y}, keepdim=True)"
    forms = (
        loose("{x} / (1.0 + {m}({x}, {y}))", make, weight=2.0),
        loose("{x} * torch.exp(-0.1 * {m}({x}, {y}))", make),
        loose(f"{{x}} / (1.0 + {functional})"),
    )
    return Step(site.layout, site.shape, forms, scaled(1 / (1 + site.shape[-1] ** 0.5)), _like(site))


def _far(count: int) -> Effect:
    """Distances between rows of `count` features grow with its root and vary little."""
    return lambda s: Stats(math.sqrt(count * (s.std**2 + 1)), 0.5 * math.hypot(s.std, 0.5), 0.4 * s.signal)


def _cdist(site: Site) -> Step:
    """Distances between all positions: (B, L, D) -> (B, L, L)."""
    text = "torch.cdist({x}, {y})"
    forms = (expr(text), loose(f"torch.exp(-0.1 * {text})"))
    return Step(site.layout, site.with_sizes(channels=site.spatial[0]), forms, _far(site.channels), _like(site))


def _pair(*texts: str, effect: Effect = kept, forms: tuple[Form, ...] = ()) -> Callable[[Site], Step]:
    """Two values of one shape in each of these spellings."""
    made = forms + tuple(loose(t) if t.startswith(("{", "(")) and not t.endswith("})") else expr(t) for t in texts)
    return lambda site: Step(site.layout, site.shape, made, effect, _like(site))


def _lerp(site: Site) -> Step:
    weight = site.rng.choice((0.1, 0.25, 0.3, 0.5, 0.7))
    forms = (expr(f"torch.lerp({{x}}, {{y}}, {weight})"), expr(f"{{x}}.lerp({{y}}, {weight})"),
             expr("torch.lerp({x}, {y}, torch.sigmoid({y}))", weight=0.5))  # fmt: skip
    return Step(site.layout, site.shape, forms, scaled(0.7), _like(site))


def _addcmul(site: Site) -> Step:
    value = site.rng.choice((0.1, 0.5, 1.0))
    forms = (
        expr(f"torch.addcmul({{x}}, {{x}}, {{y}}, value={value})"),
        expr(f"torch.addcmul({{x}}, {{y}}, {{y}}, value={value})"),
    )
    return Step(site.layout, site.shape, forms, joined(), _like(site))


def _addcdiv(site: Site) -> Step:
    value = site.rng.choice((0.1, 0.5, 1.0))
    forms = (expr(f"torch.addcdiv({{x}}, {{y}}, 1.0 + {{x}}.abs(), value={value})"),)
    return Step(site.layout, site.shape, forms, joined(0.5), _like(site))


def _where(site: Site) -> Step:
    slope = site.rng.choice((0.1, 0.2, 0.5))
    if site.rng.random() < 0.4:
        chosen = (
            expr(f"torch.where({{mask}}, {{x}}, {{x}} * {slope})"),
            expr("torch.where({mask}, torch.tanh({x}), {x})"),
        )
        return Step(site.layout, site.shape, chosen, scaled(0.7), (Operand("mask", site.shape, "mask"),))
    forms = (expr("torch.where({x} > {y}, {x}, {y} * 0.5)"), expr(f"torch.where({{y}} > 0, {{x}}, {{x}} * {slope})"))
    return Step(site.layout, site.shape, forms, scaled(0.8), _like(site))


def _op(
    name: str,
    plan: Callable[[Site], Step],
    events: str,
    limits: Limits = ANYTHING,
    layouts: tuple[Layout, ...] = ANY,
    hint: str = "",
) -> Operator:
    return Operator(name, "supporting", "element_wise_ops", layouts, plan, tuple(events.split()), limits, 5, hint=hint)


_REDUCES = "two different values; takes away the axis it compares over"
_SUM = "F:add F:radd F:iadd F:addcmul"
_TIMES = "F:mul F:rmul F:imul F:multiply"
_OVER = "F:div F:rdiv F:truediv F:rtruediv F:itruediv F:idiv F:divide F:true_divide"

OPERATORS = (
    _op("Add", _add, _SUM),
    _op("Multiply", _multiply, _TIMES),
    _op("Subtract", _subtract, "F:sub F:rsub F:isub F:subtract"),
    _op("Divide", _divide, _OVER, hint="by something that cannot be 0"),
    _op("Clamp", _clamp, "F:clamp F:clip F:clamp_min F:clamp_max F:hardtanh M:Hardtanh"),
    _op("ResidualAdd", _residual, _SUM, hint="an earlier value of the same shape"),
    _op("CosineSimilarity", _similarity, "M:CosineSimilarity F:cosine_similarity", Limits(least=2), hint=_REDUCES),
    _op("PairwiseDistance", _distance, "M:PairwiseDistance F:pairwise_distance", Limits(least=2), hint=_REDUCES),
    Operator("BiasAdd", "supporting", "bias", ANY, _bias, tuple(_SUM.split()), phase=2,
             hint="an nn.Parameter that broadcasts; not the bias inside a layer"),
    _op("Scale", _scale, f"{_TIMES} {_OVER}", hint="a number or an nn.Parameter that broadcasts"),
    _op("Cdist", _cdist, "F:cdist", Limits(low=2, high=64), (Layout.SEQUENCE,)),
    _op("Maximum", _pair("torch.maximum({x}, {y})", "{x}.maximum({y})", "torch.max({x}, {y})", effect=winning(0.8)),
        "F:maximum F:max F:fmax"),
    _op("Minimum", _pair("torch.minimum({x}, {y})", "{x}.minimum({y})", "torch.min({x}, {y})", effect=winning(0.8, -1)),
        "F:minimum F:min F:fmin"),
    _op("Lerp", _lerp, "F:lerp"),
    _op("Addcmul", _addcmul, "F:addcmul"),
    _op("Addcdiv", _addcdiv, "F:addcdiv"),
    _op("Where", _where, "F:where"),
    _op("Hypot", _pair("torch.hypot({x}, {y})", "{x}.hypot({y})", effect=pointwise(lambda v: math.hypot(v, 0.8))),
        "F:hypot"),
    _op("Atan2", _pair("torch.atan2({x}, {y}.abs() + 0.5)", effect=pointwise(math.atan)), "F:atan2 F:arctan2"),
    _op("LogAddExp", _pair("torch.logaddexp({x}, {y})", effect=pointwise(lambda v: max(v, 0) + 0.4)), "F:logaddexp"),
    _op("CopySign", _pair("torch.copysign({x}, {y})"), "F:copysign"),
    _op("XLogY", _pair("torch.xlogy({x}, {y}.abs() + 1.0)", "torch.special.xlog1py({x}, {y}.abs())",
                       effect=scaled(0.5)), "F:xlogy F:xlog1py F:special_xlog1py F:special_xlogy"),
)  # fmt: skip
