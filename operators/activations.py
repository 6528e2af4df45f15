"""Activations: elementwise non-linearities, gates, and softmax and its kin."""

from __future__ import annotations

import math
from collections.abc import Callable

from operators.effects import pointwise, simplex
from operators.spec import (
    ANY,
    Arg,
    Effect,
    Form,
    Layout,
    Limits,
    Operator,
    Site,
    Stats,
    Step,
    expr,
    loose,
    module,
    param,
)

_PHASE = 3


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-max(min(x, 60.0), -60.0)))


def _softplus(x: float) -> float:
    return x if x > 30 else math.log1p(math.exp(max(x, -60.0)))


def _exp(x: float) -> float:
    return math.exp(max(min(x, 30.0), -60.0))


def _activation(
    name: str,
    curve: Callable[[float], float],
    *functional: str,
    cls: str = "",
    hint: str = "act",
    also: tuple[str, ...] = (),
    args: Callable[[Site], tuple[Arg, ...]] | None = None,
    in_place: bool = False,
) -> Operator:
    """An activation that needs no shape: `nn.<cls>()` or one of the `functional` spellings."""
    cls = cls or name

    def spellings(arguments: tuple[Arg, ...], *more: Arg) -> tuple[Form, ...]:
        literal = "".join([f", {a.name}={a.value!r}" for a in arguments])
        called = [_spelled(text.replace("{args}", literal)) for text in functional]
        return (module(f"nn.{cls}", hint, *arguments, *more, weight=2.0), *called)

    effect, plain, written_over = pointwise(curve), spellings(()), spellings((), Arg("inplace", True))

    def plan(site: Site) -> Step:
        arguments = args(site) if args else ()
        over = in_place and site.rng.random() < 0.3
        if arguments:
            forms = spellings(arguments, Arg("inplace", True)) if over else spellings(arguments)
        else:
            forms = written_over if over else plain
        return Step(site.layout, site.shape, forms, effect)

    events = (f"M:{cls}", *(f"F:{e}" for e in also))
    return Operator(name, "supporting", "activations", ANY, plan, events, phase=_PHASE)


def _spelled(text: str) -> Form:
    return loose(text) if "} * " in text or text.startswith("(") else expr(text)


def _slope(site: Site) -> tuple[Arg, ...]:
    return (Arg("negative_slope", site.rng.choice((0.01, 0.02, 0.05, 0.1, 0.2)), "negative_slope"),)


def _alpha(site: Site) -> tuple[Arg, ...]:
    return (Arg("alpha", site.rng.choice((0.5, 0.7, 1.0, 1.2, 1.5)), "alpha"),)


def _hardtanh(site: Site) -> Step:
    bound = _about(site.stats, site.rng.choice((1.0, 1.5, 2.0)))
    args = (Arg("min_val", -bound, "min_val"), Arg("max_val", bound, "max_val"))
    forms = (
        module("nn.Hardtanh", "hardtanh", *args, weight=2.0),
        expr(f"F.hardtanh({{x}}, min_val={-bound}, max_val={bound})"),
    )
    return Step(site.layout, site.shape, forms, pointwise(lambda v: min(max(v, -bound), bound)))


def _softplus_args(site: Site) -> tuple[Arg, ...]:
    return (Arg("beta", site.rng.choice((0.5, 1.0, 1.5, 2.0)), "beta"),) if site.rng.random() < 0.5 else ()


def _lambda(site: Site) -> tuple[Arg, ...]:
    """A shrinkage threshold that leaves most of the values alive."""
    return (Arg("lambd", _round(0.15 * max(site.stats.std, 0.01)), "lambd"),)


def _round(value: float) -> float:
    """Two significant digits: people write 0.25, not 0.2513."""
    return float(f"{value:.2g}")


def _about(stats: Stats, spreads: float) -> float:
    """A bound that holds the middle of the values: |mean| plus some spreads."""
    return _round(abs(stats.mean) + spreads * max(stats.std, 0.05))


def _gelu(site: Site) -> tuple[Arg, ...]:
    return (Arg("approximate", '"tanh"'),) if site.rng.random() < 0.3 else ()


def _threshold(site: Site) -> Step:
    stats = site.stats
    cut = _round(min(stats.mean - stats.std, 0.0))  # numbers smaller than expected must not all be below it
    value = _round(stats.mean - 1.5 * stats.std)
    forms = (
        module("nn.Threshold", "threshold", Arg("", cut, "threshold"), Arg("", value, "value"), weight=2.0),
        expr(f"F.threshold({{x}}, {cut}, {value})"),
    )
    return Step(site.layout, site.shape, forms, pointwise(lambda v: v if v > cut else value))


def _prelu(site: Site) -> Step:
    many = site.layout is not Layout.SEQUENCE and site.rng.random() < 0.6
    args = (Arg("num_parameters", site.channels, "channels"),) if many else ()
    weight = param("slope", (site.channels if many else 1,), "torch.full({}, 0.25)")
    forms = (module("nn.PReLU", "prelu", *args, weight=3.0), expr("F.prelu({x}, {w})", ("w", weight)))
    return Step(site.layout, site.shape, forms, pointwise(lambda v: max(v, 0.25 * v)))


def _rrelu(site: Site) -> Step:
    low, high = site.rng.choice(((0.1, 0.3), (0.125, 0.333), (0.05, 0.2)))
    args = (Arg("lower", low, "lower"), Arg("upper", high, "upper"))
    text = f"F.rrelu({{x}}, lower={low}, upper={high}, training=self.training)"
    forms = (module("nn.RReLU", "rrelu", *args, weight=3.0), expr(text))
    return Step(site.layout, site.shape, forms, pointwise(lambda v: max(v, 0.2 * v)))


def _glu(site: Site) -> Step:
    """Halves an even axis; the limits make the feature axis even."""
    axis = site.feature_axis
    dim = -1 if axis == len(site.shape) - 1 and site.rng.random() < 0.6 else axis
    shape = site.with_sizes(channels=site.channels // 2)
    forms = (
        module("nn.GLU", "glu", Arg("dim", dim), weight=2.0),
        expr(f"F.glu({{x}}, dim={dim})"),
        Form(
            f"{{a}}, {{gate}} = {{x}}.chunk(2, dim={dim})\n"
            f"{{out}} = F.glu(torch.cat([{{a}}, {{gate}}], dim={dim}), dim={dim})",
            weight=0.2,
        ),
    )
    return Step(site.layout, shape, forms, pointwise(lambda v: 0.5 * v))


def _softmax_like(name: str, text: str, log: bool = False) -> Operator:
    """Softmax, Softmin, LogSoftmax along an axis with more than one element."""

    def plan(site: Site) -> Step:
        axes = [a for a in range(1, len(site.shape)) if site.shape[a] > 1] or [1]
        axis = site.rng.choice((axes[-1], site.rng.choice(axes)))
        count = site.shape[axis]
        dim = -1 if axis == len(site.shape) - 1 else axis
        forms = [module(f"nn.{name}", name.lower(), Arg("dim", dim), weight=2.0), expr(f"F.{text}({{x}}, dim={dim})")]
        if name != "Softmin":
            forms += [expr(f"torch.{text}({{x}}, dim={dim})"), expr(f"{{x}}.{text}(dim={dim})")]
        effect = _log_simplex(count) if log else simplex(count, axis)
        return Step(site.layout, site.shape, tuple(forms), effect)

    events = (f"M:{name}", f"F:{text}")
    hint = "over an axis longer than 1"
    return Operator(name, "supporting", "activations", ANY, plan, events, Limits(least=2), _PHASE, hint=hint)


def _log_simplex(count: int) -> Effect:
    return lambda s: Stats(-math.log(count) - 0.3, s.std, s.signal)


def _softmax2d(site: Site) -> Step:
    forms = (module("nn.Softmax2d", "softmax", weight=3.0), expr("F.softmax({x}, dim=1)"))
    return Step(site.layout, site.shape, forms, simplex(site.channels, 1))


def _mish(x: float) -> float:
    return x * math.tanh(_softplus(x))


def _swish(x: float) -> float:
    return x * _sigmoid(x)


def _hardswish(x: float) -> float:
    return x * min(max(x + 3, 0), 6) / 6


def _gelu_curve(x: float) -> float:
    return 0.5 * x * (1 + math.erf(x / 1.414))


def _elu(x: float) -> float:
    return x if x > 0 else _exp(x) - 1


OPERATORS = (
    _activation("ReLU", lambda x: max(x, 0), "F.relu({x})", "torch.relu({x})", "{x}.relu()", hint="relu",
                also=("relu", "clamp_min"), in_place=True),
    _activation("Sigmoid", _sigmoid, "torch.sigmoid({x})", "{x}.sigmoid()", hint="sigmoid",
                also=("sigmoid", "expit")),
    _activation("Tanh", math.tanh, "torch.tanh({x})", "{x}.tanh()", hint="tanh", also=("tanh",)),
    _activation("LeakyReLU", lambda x: max(x, 0.1 * x), "F.leaky_relu({x}{args})", hint="leaky_relu",
                also=("leaky_relu",), args=_slope, in_place=True),
    _activation("GELU", _gelu_curve, "F.gelu({x}{args})", hint="gelu", also=("gelu",)),
    _softmax_like("Softmax", "softmax"),
    _activation("Mish", _mish, "F.mish({x})", "{x} * torch.tanh(F.softplus({x}))", hint="mish",
                also=("mish", "softplus")),
    Operator("Hardtanh", "supporting", "activations", ANY, _hardtanh,
             ("M:Hardtanh", "F:hardtanh", "F:clamp", "F:clip"), phase=_PHASE),
    _activation("HardSwish", _hardswish, "F.hardswish({x})", cls="Hardswish", also=("hardswish",), in_place=True),
    _activation("ELU", _elu, "F.elu({x}{args})", hint="elu", also=("elu",), args=_alpha),
    _activation("CELU", _elu, "F.celu({x}{args})", hint="celu", also=("celu",), args=_alpha),
    _activation("SELU", lambda x: 1.05 * (x if x > 0 else 1.67 * (_exp(x) - 1)), "F.selu({x})", hint="selu",
                also=("selu",)),
    _activation("ReLU6", lambda x: min(max(x, 0), 6), "F.relu6({x})", hint="relu6",
                also=("relu6", "hardtanh", "clamp")),
    Operator("PReLU", "supporting", "activations", ANY, _prelu, ("M:PReLU", "F:prelu"), phase=_PHASE),
    Operator("RReLU", "supporting", "activations", ANY, _rrelu, ("M:RReLU", "F:rrelu"), phase=_PHASE,
             hint="F.rrelu needs training=self.training"),
    _activation("LogSigmoid", lambda x: -_softplus(-x), "F.logsigmoid({x})", hint="log_sigmoid",
                also=("logsigmoid", "log_sigmoid")),
    _softmax_like("Softmin", "softmin"),
    _activation("Softplus", _softplus, "F.softplus({x}{args})", hint="softplus", also=("softplus", "logaddexp"),
                args=_softplus_args),
    _activation("Softsign", lambda x: x / (1 + abs(x)), "F.softsign({x})", hint="softsign", also=("softsign",)),
    _activation("Softshrink", lambda x: x * 0.7, "F.softshrink({x}{args})", hint="softshrink",
                also=("softshrink",), args=_lambda),
    _activation("Hardshrink", lambda x: x, "F.hardshrink({x}{args})", hint="hardshrink", also=("hardshrink",),
                args=_lambda),
    _activation("Hardsigmoid", lambda x: min(max(x / 6 + 0.5, 0), 1), "F.hardsigmoid({x})", hint="hardsigmoid",
                also=("hardsigmoid",)),
    _activation("Hardswish", _hardswish, "F.hardswish({x})", hint="hardswish", also=("hardswish",)),
    Operator("GLU", "supporting", "activations", ANY, _glu, ("M:GLU", "F:glu"), Limits(multiple=2, least=4), _PHASE),
    _activation("SiLU", _swish, "F.silu({x})", "{x} * torch.sigmoid({x})", hint="silu", also=("silu", "sigmoid")),
    _activation("Tanhshrink", lambda x: x - math.tanh(x), "F.tanhshrink({x})", hint="tanhshrink",
                also=("tanhshrink",)),
    Operator("Threshold", "supporting", "activations", ANY, _threshold, ("M:Threshold", "F:threshold"), phase=_PHASE),
    _softmax_like("LogSoftmax", "log_softmax", log=True),
    Operator("Softmax2d", "supporting", "activations", (Layout.IMAGE,), _softmax2d,
             ("M:Softmax2d", "M:Softmax", "F:softmax"), Limits(least=2), _PHASE),
    _activation("Swish", _swish, "F.silu({x})", "{x} * torch.sigmoid({x})", cls="SiLU", hint="swish",
                also=("silu", "sigmoid")),
)  # fmt: skip
