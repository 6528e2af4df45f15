"""Linear layers and products of matrices."""

from __future__ import annotations

from collections.abc import Callable

from operators.effects import averaged, mixed, products, similarity
from operators.spec import (
    Arg,
    Form,
    Layout,
    Limits,
    Make,
    Operand,
    Operator,
    Shape,
    Site,
    Step,
    expr,
    loose,
    module,
    param,
)

_ROWS = (Layout.VECTOR, Layout.SEQUENCE)
_SERIES = (*_ROWS, Layout.SIGNAL)
_LINES = (*_SERIES, Layout.IMAGE)
_MATRICES = (Layout.SEQUENCE, Layout.SIGNAL)
_WEIGHT = "torch.randn({}) * 0.1"


def _on_last_axis(plan: Callable[[Site], Step]) -> Callable[[Site], Step]:
    """A plan for rows, written on maps as well: their last axis is what is multiplied.

    Signals (B, C, L) are rows of L numbers each, as a sequence is of features; in images all lines are.
    """

    def wider(site: Site) -> Step:
        if site.layout in _ROWS:
            return plan(site)
        shape, rng = site.shape, site.rng
        if site.layout is Layout.SIGNAL:
            step = plan(Site(Layout.SEQUENCE, shape, site.stats, rng))
            return Step(Layout.SIGNAL, step.shape, step.forms, step.effect, step.operands)
        rows = (site.size // shape[-1], shape[-1])
        step = plan(Site(Layout.VECTOR, rows, site.stats, rng))
        forms = tuple([form for form in step.forms if "addmm" not in form.text])  # it takes two axes only
        effect = mixed(0.577 if step.forms[0].solo else 0.1 * shape[-1] ** 0.5, axis=len(shape) - 1)
        return Step(site.layout, (*shape[:-1], step.shape[-1]), forms, effect)

    return wider


def _out(site: Site) -> tuple[int, Shape]:
    """Features of the result and its shape."""
    width = site.width((16, 24, 32, 32, 40, 48, 64, 64, 96, 100, 128) if site.size < 20_000 else ())
    return width, site.with_sizes(channels=width)


def _gain(site: Site) -> float:
    """How a product with a 0.1-normal matrix scales the values."""
    return 0.1 * site.channels**0.5


def _linear(site: Site) -> Step:
    out, shape = _out(site)
    bias = site.rng.random() < 0.85
    args = (Arg("", site.channels, "in_features"), Arg("", out, "out_features"))
    tail = () if bias else (Arg("bias", False),)
    weight = ("w", param("weight", (out, site.channels), _WEIGHT))
    forms = [module("nn.Linear", "fc", *args, *tail, weight=8.0), expr("F.linear({x}, {w})", weight)]
    if bias:
        forms.append(expr("F.linear({x}, {w}, {b})", weight, ("b", param("bias", (out,), "torch.zeros({})"))))
    return Step(site.layout, shape, tuple(forms), mixed(axis=site.feature_axis))


def _lazy_linear(site: Site) -> Step:
    out, shape = _out(site)
    after = f"{{self}}(torch.zeros({', '.join(map(str, (1, *site.shape[1:])))}))  # fixes the lazy shapes"
    make = Make("nn.LazyLinear", (Arg("", out, "out_features"),), "fc", after)
    return Step(site.layout, shape, (Form("{m}({x})", (("m", make),)),), mixed(axis=site.feature_axis))


def _bilinear(site: Site) -> Step:
    """Two inputs of the same leading sizes; the second may be the first again, another value or an input."""
    out = site.width((8, 12, 16, 20, 24, 32))
    c = site.channels
    shape = site.with_sizes(channels=out)
    args = (Arg("", c, "in_features"), Arg("", c, "in_features"), Arg("", out, "out_features"))
    forms = (Form("{m}({x}, {y})", (("m", Make("nn.Bilinear", args, "bilinear")),), weight=5.0),)
    if site.rng.random() < 0.2:
        weight = ("w", param("bilinear_weight", (out, c, c)))
        forms = (expr("F.bilinear({x}, {y}, {w})", weight),)
    return Step(site.layout, shape, forms, mixed(0.6, axis=site.feature_axis), (Operand("y", site.shape),))


def _matmul(site: Site) -> Step:
    out, shape = _out(site)
    weight = ("w", param("weight", (site.channels, out), _WEIGHT))
    forms = [expr("torch.matmul({x}, {w})", weight), loose("{x} @ {w}", weight), expr("{x}.matmul({w})", weight)]
    effect = mixed(_gain(site), 0.0, site.feature_axis)
    if site.layout is Layout.SEQUENCE and site.rng.random() < 0.4:
        # Mix positions with a matrix that the sequence makes itself: (B, L, L) x (B, L, D).
        scale = f"{site.channels**-0.5:.3g}"
        forms = [
            expr(f"torch.matmul(torch.softmax(torch.matmul({{x}}, {{x}}.transpose(1, 2)) * {scale}, dim=-1), {{x}})"),
            Form(
                "{scores} = {x} @ {x}.transpose(-2, -1)\n"
                f"{{out}} = torch.matmul(torch.sigmoid({{scores}} * {scale}), {{x}}) / {site.spatial[0]}"
            ),
        ]
        shape, effect = site.shape, averaged(3)
    return Step(site.layout, shape, tuple(forms), effect)


def _bmm(site: Site) -> Step:
    """Batches of matrices (B, L, D): attention-like products, or a batch of matrices from outside."""
    scale = f"{site.channels**-0.5:.3g}"
    out = site.width((8, 12, 16, 24, 32))
    kind = site.rng.randrange(3)
    if kind == 0:
        other = Operand("y", (site.batch, site.channels, out), "input")
        forms: tuple[Form, ...] = (
            loose(f"torch.bmm({{x}}, {{y}}) * {scale}"),
            loose(f"{{x}}.bmm({{y}}) * {scale}"),
        )
        return Step(site.layout, site.with_sizes(out), forms, mixed(1.0, 0.0), (other,))
    if kind == 1:
        text = (
            "{scores} = torch.bmm({x}, {x}.transpose(1, 2))\n"
            f"{{weights}} = F.softmax({{scores}} * {scale}, dim=-1)\n{{out}} = torch.bmm({{weights}}, {{x}})"
        )
        return Step(site.layout, site.shape, (Form(text),), averaged(3))
    weight = ("w", param("weight", (site.channels, out), _WEIGHT))
    forms = (expr("torch.bmm({x}, {w}.expand({x}.size(0), -1, -1))", weight),)
    return Step(site.layout, site.with_sizes(out), forms, mixed(_gain(site), 0.0, site.feature_axis))


def _gemm(site: Site) -> Step:
    """A general matrix product: alpha * x @ w + beta * b."""
    out, shape = _out(site)
    weight = ("w", param("weight", (site.channels, out), _WEIGHT))
    bias = ("b", param("bias", (out,), "torch.zeros({})"))
    alpha = site.rng.choice((0.5, 0.8, 1.2, 2.0))
    args = (Arg("", site.channels, "in_features"), Arg("", out, "out_features"))
    forms = [module("nn.Linear", "gemm", *args, weight=2.0), loose("torch.matmul({x}, {w}) + {b}", weight, bias)]
    if site.layout is Layout.VECTOR:
        forms.append(expr(f"torch.addmm({{b}}, {{x}}, {{w}}, alpha={alpha})", bias, weight))
        forms.append(expr("torch.addmm({b}, {x}, {w})", bias, weight))
    return Step(site.layout, shape, tuple(forms), mixed(_gain(site), 0.0, site.feature_axis))


def _addmm(site: Site) -> Step:
    out, shape = _out(site)
    weight = ("w", param("weight", (site.channels, out), _WEIGHT))
    bias = ("b", param("bias", (out,), "torch.randn({}) * 0.1"))
    beta, alpha = site.rng.choice((1.0, 0.5, 0.8)), site.rng.choice((1.0, 0.5, 1.5))
    forms = (
        expr("torch.addmm({b}, {x}, {w})", bias, weight),
        expr(f"torch.addmm({{b}}, {{x}}, {{w}}, beta={beta}, alpha={alpha})", bias, weight),
    )
    return Step(site.layout, shape, forms, mixed(_gain(site), axis=site.feature_axis))


def _baddbmm(site: Site) -> Step:
    scale = f"{site.channels**-0.5:.3g}"
    kind = site.rng.random() < 0.5
    if kind:
        out = site.spatial[0]
        bias = ("b", param("score_bias", (1, out, out), "torch.zeros({})"))
        text = f"torch.baddbmm({{b}}.expand({{x}}.size(0), -1, -1), {{x}}, {{x}}.transpose(1, 2), alpha={scale})"
        return Step(site.layout, site.with_sizes(out), (expr(text, bias),), similarity(site.channels))
    out = site.width((8, 16, 24, 32))
    weight = ("w", param("weight", (1, site.channels, out), _WEIGHT))
    bias = ("b", param("bias", (1, 1, out), "torch.zeros({})"))
    n = "{x}.size(0)"
    text = f"torch.baddbmm({{b}}.expand({n}, {{x}}.size(1), -1), {{x}}, {{w}}.expand({n}, -1, -1))"
    return Step(
        site.layout, site.with_sizes(out), (expr(text, bias, weight),), mixed(_gain(site), axis=site.feature_axis)
    )


_LETTERS = {
    Layout.VECTOR: ("bi", "bo"),
    Layout.SEQUENCE: ("bli", "blo"),
    Layout.SIGNAL: ("bil", "bol"),
    Layout.IMAGE: ("bihw", "bohw"),
    Layout.VOLUME: ("bidhw", "bodhw"),
}


def _einsum(site: Site) -> Step:
    """A change of features, or positions mixed by their likeness."""
    out = site.width()
    read, write = _LETTERS[site.layout]
    weight = ("w", param("weight", (site.channels, out), _WEIGHT))
    forms: tuple[Form, ...] = (expr(f'torch.einsum("{read},io->{write}", {{x}}, {{w}})', weight),)
    if site.layout is Layout.SEQUENCE and site.rng.random() < 0.5:
        text = (
            '{scores} = torch.einsum("bid,bjd->bij", {x}, {x})'
            f" * {site.channels**-0.5:.3g}\n"
            '{out} = torch.einsum("bij,bjd->bid", {scores}.softmax(dim=-1), {x})'
        )
        return Step(site.layout, site.shape, (Form(text),), averaged(3))
    return Step(site.layout, site.with_sizes(out), forms, mixed(_gain(site), 0.0, site.feature_axis))


def _tensordot(site: Site) -> Step:
    out, shape = _out(site)
    weight = ("w", param("weight", (site.channels, out), _WEIGHT))
    forms = (
        expr("torch.tensordot({x}, {w}, dims=1)", weight),
        expr("torch.tensordot({x}, {w}, dims=([-1], [0]))", weight),
    )
    return Step(site.layout, shape, forms, mixed(_gain(site), 0.0, site.feature_axis))


def _inner(site: Site) -> Step:
    out, shape = _out(site)
    weight = ("w", param("weight", (out, site.channels), _WEIGHT))
    return Step(
        site.layout, shape, (expr("torch.inner({x}, {w})", weight),), mixed(_gain(site), 0.0, site.feature_axis)
    )


def _multi_dot(site: Site) -> Step:
    """A low-rank chain of three matrices; the order of products is left to the library."""
    out, shape = _out(site)
    rank = site.rng.choice((4, 8, 12))
    down = ("d", param("down", (site.channels, rank), "torch.randn({}) * 0.2"))
    up = ("u", param("up", (rank, out), "torch.randn({}) * 0.2"))
    forms = (expr("torch.linalg.multi_dot([{x}, {d}, {u}])", down, up),)
    return Step(site.layout, shape, forms, mixed(0.2 * site.channels**0.5 * 0.2 * rank**0.5, 0.0))


def _bilinear_form(site: Site) -> Step:
    """Outer product of each row with itself through a small projection: (B, k) -> (B, k * k)."""
    k = site.rng.choice((4, 6, 8))
    weight = ("w", param("weight", (site.channels, k), _WEIGHT))
    text = '{p} = torch.matmul({x}, {w})\n{out} = torch.einsum("bi,bj->bij", {p}, {p}).flatten(1)'
    return Step(site.layout, site.with_sizes(k * k), (Form(text, (weight,)),), products(_gain(site)))


def _op(
    name: str,
    layouts: tuple[Layout, ...],
    plan: Callable[[Site], Step],
    events: str,
    limits: Limits,
    hint: str = "",
) -> Operator:
    family = "linear_operators" if "inear" in name else "matrix_products"
    return Operator(name, "core", family, layouts, plan, tuple(events.split()), limits, 1, hint=hint)


_WIDE = Limits(widest=1024)
_MEDIUM = Limits(widest=256, high=128)

OPERATORS = (
    _op("Linear", _LINES, _on_last_axis(_linear), "M:Linear M:LazyLinear F:linear", _WIDE),
    _op("LazyLinear", _SERIES, _on_last_axis(_lazy_linear), "M:LazyLinear M:Linear F:linear", _WIDE,
        "its input size comes from the first input it sees"),
    _op("Bilinear", _SERIES, _on_last_axis(_bilinear), "M:Bilinear F:bilinear", Limits(widest=48, high=64),
        "takes two values of equal leading sizes"),
    _op("Matmul", _LINES, _on_last_axis(_matmul), "F:matmul F:mm F:bmm F:rmatmul", _MEDIUM),
    _op("BMM", _MATRICES, _on_last_axis(_bmm), "F:bmm F:matmul F:baddbmm", _MEDIUM,
        "(B, n, m) times (B, m, p), both of rank 3"),
    _op("Gemm", _LINES, _on_last_axis(_gemm), "F:linear F:matmul F:rmatmul F:mm F:addmm M:Linear M:LazyLinear", _MEDIUM,
        "a general matrix product, as in x @ weight + bias"),
    _op("Addmm", (Layout.VECTOR,), _addmm, "F:addmm", _MEDIUM, "called with (bias, x, weight)"),
    _op("Baddbmm", _MATRICES, _on_last_axis(_baddbmm), "F:baddbmm", _MEDIUM, "called with (bias, x, y), all of rank 3"),
    _op("Einsum", tuple(_LETTERS), _einsum, "F:einsum", _MEDIUM),
    _op("Tensordot", _LINES, _on_last_axis(_tensordot), "F:tensordot", _MEDIUM),
    _op("Inner", _LINES, _on_last_axis(_inner), "F:inner", _MEDIUM),
    _op("MultiDot", (Layout.VECTOR,), _multi_dot, "F:multi_dot F:linalg_multi_dot F:chain_matmul", _MEDIUM,
        "a list of matrices"),
    _op("OuterProduct", (Layout.VECTOR,), _bilinear_form, "F:einsum F:outer F:ger F:bmm F:mul F:matmul", _MEDIUM,
        'as in torch.einsum("bi,bj->bij", x, y)'),
)  # fmt: skip
