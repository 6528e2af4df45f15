"""Reductions, scans, and picks along an axis."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

from operators.effects import averaged, collapsed, extreme, kept, pointwise, scaled, spread, summed, without_axis
from operators.spec import ANY, DEEP, Effect, Form, Layout, Limits, Operator, Shape, Site, Stats, Step, expr, loose

_BELOW = {Layout.SIGNAL: Layout.VECTOR, Layout.IMAGE: Layout.SIGNAL, Layout.VOLUME: Layout.IMAGE}


def _axis(site: Site) -> int:
    """An axis with something in it, the batch left alone."""
    axes = [a for a in range(1, len(site.shape)) if site.shape[a] > 1 and site.stats.flat != (a,)]
    axes = axes or [a for a in range(1, len(site.shape)) if site.shape[a] > 1]
    return site.rng.choice(axes) if axes else 1


def reduced(shape: Shape, axis: int, keep: bool) -> Shape:
    """The shape without an axis, or with 1 in its place."""
    return shape[:axis] + ((1,) if keep else ()) + shape[axis + 1 :]


def _written(site: Site, axis: int) -> int:
    return -1 if axis == len(site.shape) - 1 and site.rng.random() < 0.6 else axis


def _reduce(
    spellings: tuple[str, ...], effect: Callable[[int], Effect], scan: bool = False, bordered: bool = False
) -> Callable[[Site], Step]:
    """A reduction along one axis; the features where a border would make what comes out `bordered`.

    It drops a spatial axis where a lower layout stands for what is left, keeps the axis as 1 where enough
    elements remain, and otherwise uses the result to weigh or shift the value.  In `spellings`, `{a}` is the
    axis, `{k}` the keepdim argument and `{n}` a factor that keeps products of the whole axis near 1.
    """

    tame = any("{n}" in text for text in spellings)

    def plan(site: Site) -> Step:
        # A scan starts with the border of a padded axis, and an extreme stays there; features have no border.
        axis = site.feature_axis if bordered else _axis(site)
        if site.toward is not None and site.toward is _BELOW.get(site.layout) and not scan:
            axis = site.rng.choice([a for a in range(2, len(site.shape)) if site.shape[a] > 1] or [axis])
        count = site.shape[axis]
        result = collapsed((axis,), effect(count))
        texts = _tamed(spellings, count) if tame else spellings
        if scan:
            dim = str(_written(site, axis))
            return Step(site.layout, site.shape, _forms(texts, dim), result)
        below = _BELOW.get(site.layout)
        away = below is not None and site.leads_to(below, 0.6)
        dropped = site.size // count
        if below and away and axis >= 2 and dropped >= 8 * site.batch:
            dim = str(_written(site, axis))
            return Step(below, reduced(site.shape, axis, keep=False), _forms(texts, dim), result)
        roomy = site.layout is Layout.SEQUENCE and site.shape[2] >= 8 and site.shape[1] > 1
        if roomy and site.leads_to(Layout.VECTOR, 0.5):
            along = collapsed((1,), effect(site.shape[1]))
            return Step(Layout.VECTOR, reduced(site.shape, 1, keep=False), _forms(texts, "1"), along)
        forms = _forms(texts, str(_written(site, axis)), ", keepdim=True")
        if dropped >= 32 * site.batch and axis != site.feature_axis and site.rng.random() < 0.4:
            return Step(site.layout, reduced(site.shape, axis, keep=True), forms, result)
        return _used(site, forms, effect(count))

    return plan


@lru_cache(maxsize=2048)
def _forms(texts: tuple[str, ...], dim: str, keep: str = "") -> tuple[Form, ...]:
    """The spellings along one axis."""
    return tuple([expr(t.replace("{a}", dim).replace("{k}", keep)) for t in texts])


def _tamed(spellings: tuple[str, ...], count: int) -> tuple[str, ...]:
    return tuple([t.replace("{n}", f"{min(0.5, 2 / count):.2g}") for t in spellings])


def _used(site: Site, forms: tuple[Form, ...], reduction: Effect) -> Step:
    """The reduced value put to use on the whole one."""
    how = site.rng.choice(("{x} - 0.5 * R", "{x} + R", "{x} * torch.sigmoid(R)", "{x} / (1.0 + R.abs())"))

    def effect(stats: Stats) -> Stats:
        after = reduction(stats)
        mean, std = after.mean, after.std
        if how == "{x} - 0.5 * R":
            return Stats(stats.mean - 0.5 * mean, math.hypot(stats.std, 0.5 * std), stats.signal)
        if how == "{x} + R":
            return Stats(stats.mean + mean, math.hypot(stats.std, std), stats.signal)
        share = (
            1 / (1 + math.exp(-max(min(mean, 30.0), -30.0))) if "sigmoid" in how else 1 / (1 + math.hypot(mean, std))
        )
        return scaled(share)(stats)

    return Step(site.layout, site.shape, tuple([loose(how.replace("R", form.text)) for form in forms]), effect)


def _values(site: Site, name: str, functions: tuple[str, ...]) -> list[str]:
    """Spellings of functions that return (values, indices): attribute or item."""
    return [f"{f}.values" for f in functions] + [f"{f}[0]" for f in functions]


def _ordered(kind: str) -> Callable[[Site], Step]:
    """Sort, or the k largest, along an axis."""

    def plan(site: Site) -> Step:
        axis = _axis(site)
        dim, count = _written(site, axis), site.shape[axis]
        if kind == "Sort":
            down = ", descending=True" if site.rng.random() < 0.5 else ""
            forms = (expr(f"torch.sort({{x}}, dim={dim}{down}).values"), expr(f"{{x}}.sort(dim={dim}{down})[0]"))
            return Step(site.layout, site.shape, forms, kept)
        k = max(1, min(count, math.ceil(count * site.rng.choice((0.25, 0.5, 0.75)))))
        if (site.size // count) * k < 8 * site.batch:
            k = count
        forms = (expr(f"torch.topk({{x}}, k={k}, dim={dim}).values"), expr(f"{{x}}.topk({k}, dim={dim})[0]"))
        return Step(site.layout, (*site.shape[:axis], k, *site.shape[axis + 1 :]), forms, extreme(2))

    return plan


def _arg(kind: str) -> Callable[[Site], Step]:
    """The place of the extreme, used to fetch it: indices alone carry no gradient and little information."""

    def plan(site: Site) -> Step:
        dim = _written(site, _axis(site))
        largest = kind == "argmax"
        far = 1.5 if largest else -1.5  # the extreme, in spreads from the mean

        def at_extreme(s: Stats) -> Stats:
            """Less the extreme: every row holds a 0, and nothing beyond it."""
            low, high = (-math.inf, 0.0) if largest else (0.0, math.inf)
            return Stats(-far * s.std, s.std, s.signal, (), not largest, largest, low, high)

        if site.rng.random() < 0.5:
            text = (
                f"{{index}} = {{x}}.{kind}(dim={dim}, keepdim=True)\n{{out}} = {{x}} - {{x}}.gather({dim}, {{index}})"
            )
            return Step(site.layout, site.shape, (Form(text),), at_extreme)
        text = (
            f"{{best}} = torch.{kind}({{x}}, dim={dim}, keepdim=True)\n"
            f"{{out}} = {{x}} + torch.take_along_dim({{x}}, {{best}}, dim={dim})"
        )
        return Step(site.layout, site.shape, (Form(text),), lambda s: Stats(2 * s.mean + far * s.std, s.std, s.signal))

    return plan


def _diff(site: Site) -> Step:
    axis = max(range(1, len(site.shape)), key=lambda a: site.shape[a])
    dim = _written(site, axis)
    shape = (*site.shape[:axis], site.shape[axis] - 1, *site.shape[axis + 1 :])
    forms = (expr(f"torch.diff({{x}}, dim={dim})"), expr(f"{{x}}.diff(dim={dim})"))
    return Step(
        site.layout, shape, forms, lambda s: Stats(0.0, s.std * 1.4, s.signal * 1.4, () if axis in s.flat else s.flat)
    )


def _normed(count: int) -> Effect:
    return lambda s: Stats(math.sqrt(count) * math.hypot(s.mean, s.std), s.std * 0.7, s.signal * 0.7)


_TWO = Limits(least=2)


def _smooth_extreme(count: int) -> Effect:
    return without_axis(pointwise(lambda v: v * 0.3 + math.log(count)))


_near_one = without_axis(pointwise(lambda v: 1 + 0.1 * v))


def _op(
    name: str,
    plan: Callable[[Site], Step],
    events: str,
    layouts: tuple[Layout, ...] = ANY,
    limits: Limits = _TWO,
    phase: int = 6,
    hint: str = "",
) -> Operator:
    names = tuple(e if ":" in e else f"F:{e}" for e in events.split())
    exits = (*_BELOW.items(), (Layout.SEQUENCE, Layout.VECTOR)) if phase == 6 else ()
    return Operator(name, "supporting", "reductions", layouts, plan, names, limits, phase, exits=exits, hint=hint)


def _simple(name: str, effect: Callable[[int], Effect], extra: tuple[str, ...] = ()) -> Callable[[Site], Step]:
    return _reduce((f"torch.{name}({{x}}, dim={{a}}{{k}})", f"{{x}}.{name}(dim={{a}}{{k}})", *extra), effect)


def _pick(name: str, sign: int) -> Callable[[Site], Step]:
    calls = (f"torch.{name}({{x}}, dim={{a}}{{k}})", f"{{x}}.{name}(dim={{a}}{{k}})")
    texts = tuple(f"{c}{tail}" for c in calls for tail in (".values", "[0]"))
    return _reduce(texts, lambda n: extreme(n, sign) if sign else averaged(2))


def _scan(*texts: str, effect: Callable[[int], Effect], bordered: bool = False) -> Callable[[Site], Step]:
    return _reduce(texts, effect, scan=True, bordered=bordered)


_TAMED = "keep factors near 1, or it grows without bound"
_INDEX = "use the index, as in a gather"
_PAIR = "with dim it returns (values, indices)"
_TAME = "torch.cumprod(1.0 + {n} * torch.tanh({x}), dim={a})"

OPERATORS = (
    _op("Sum", _simple("sum", summed), "sum nansum"),
    _op("Mean", _simple("mean", averaged), "mean nanmean"),
    _op("Max", _pick("max", 1), "max amax maximum", hint=_PAIR),
    _op("Min", _pick("min", -1), "min amin minimum", hint=_PAIR),
    _op("LogSumExp", _simple("logsumexp", _smooth_extreme), "logsumexp"),
    _op("Amax", _simple("amax", extreme), "amax max"),
    _op("Amin", _simple("amin", lambda n: extreme(n, -1)), "amin min"),
    _op("Var", _simple("var", spread), "var var_mean"),
    _op("Std", _simple("std", lambda n: averaged(n)), "std std_mean"),
    _op("Norm", _reduce(("torch.norm({x}, dim={a}{k})", "{x}.norm(p=2, dim={a}{k})",
                         "torch.linalg.vector_norm({x}, dim={a}{k})"), _normed),
        "norm linalg_vector_norm vector_norm linalg_norm"),
    _op("Prod", _reduce(("torch.prod(1.0 + {n} * torch.tanh({x}), dim={a}{k})",
                         "(1.0 + {n} * torch.sigmoid({x})).prod(dim={a}{k})"), lambda n: _near_one),
        "prod", limits=Limits(least=2, high=64, widest=128), hint=_TAMED),
    _op("Median", _pick("median", 0), "median nanmedian", limits=Limits(least=2, high=64), hint=_PAIR),
    _op("CumSum", _scan("torch.cumsum({x}, dim={a})", "{x}.cumsum(dim={a})", effect=lambda n: summed(max(n // 2, 1))),
        "cumsum", phase=5, limits=Limits(least=2, high=64)),
    _op("CumProd", _scan(_TAME, effect=lambda n: pointwise(lambda v: 1 + 0.1 * v)), "cumprod", phase=5,
        limits=Limits(least=2, high=48, widest=64), hint=_TAMED),
    _op("CumMax", _scan("torch.cummax({x}, dim={a}).values", "{x}.cummax(dim={a})[0]", effect=extreme, bordered=True),
        "cummax", phase=5),
    _op("CumMin", _scan("torch.cummin({x}, dim={a}).values", effect=lambda n: extreme(n, -1), bordered=True), "cummin",
        phase=5),
    _op("LogCumSumExp", _scan("torch.logcumsumexp({x}, dim={a})", effect=extreme), "logcumsumexp", phase=5),
    _op("Sort", _ordered("Sort"), "sort msort", phase=5),
    _op("TopK", _ordered("TopK"), "topk", phase=5),
    _op("ArgMax", _arg("argmax"), "argmax", phase=5, hint=_INDEX),
    _op("ArgMin", _arg("argmin"), "argmin", phase=5, hint=_INDEX),
    _op("Diff", _diff, "diff", DEEP, Limits(low=3, least=3), phase=5),
)  # fmt: skip
