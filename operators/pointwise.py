"""Elementwise functions of one value, guarded where they are not defined everywhere."""

from __future__ import annotations

import math
from collections.abc import Callable

from operators.effects import pointwise, scaled
from operators.spec import ANY, Form, Layout, Operand, Operator, Site, Step, expr, loose


def _op(name: str, curve: Callable[[float], float], events: str, *texts: str) -> Operator:
    """One function in several spellings; `curve` says roughly what it does to a number."""
    forms: tuple[Form, ...] = tuple(_form(t) for t in texts)
    effect = pointwise(curve)

    def plan(site: Site) -> Step:
        return Step(site.layout, site.shape, forms, effect)

    return Operator(name, "supporting", "pointwise", ANY, plan, tuple(f"F:{e}" for e in events.split()), phase=5)


def _form(text: str) -> Form:
    """Texts with a top-level operator need parentheses inside others."""
    depth = 0
    for at, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if (depth == 0 and char in "*+/") or (depth == 0 and char == "-" and (at == 0 or text[at - 1] == " ")):
            return loose(text)
    return expr(text)


def _pow(site: Site) -> Step:
    """Whole powers of anything, broken powers of positive values."""
    whole = site.rng.choice((2, 2, 3))
    broken = site.rng.choice((0.5, 0.75, 1.5))
    if site.rng.random() < 0.6:
        texts = (f"torch.pow({{x}}, {whole})", f"{{x}}.pow({whole})", f"{{x}} ** {whole}")
        effect = pointwise(lambda v: v**whole)
    else:
        texts = (f"torch.pow({{x}}.abs() + 1e-3, {broken})", f"({{x}}.abs() + 0.1) ** {broken}",
                 f"torch.pow(torch.sigmoid({{x}}), {broken})")  # fmt: skip
        effect = pointwise(lambda v: abs(v) ** broken)
    return Step(site.layout, site.shape, tuple(_form(t) for t in texts), effect)


def _masked(site: Site) -> Step:
    """Outliers on one side replaced, or what a mask from outside covers; most values are left alone.

    Outliers become the mean rather than the bound: else the extreme of many values would always be the bound.
    """
    if site.rng.random() < 0.6:
        return _masked_from_outside(site)
    mean, spread = site.stats.mean, max(site.stats.std, 0.05)
    low, middle, high = (float(f"{mean + side * spread:.2g}") for side in (-1.2, 0.0, 1.2))
    forms = (
        expr(f"{{x}}.masked_fill({{x}} < {low}, {middle})"),
        expr(f"torch.masked_fill({{x}}, {{x}} > {high}, {middle})"),
    )
    return Step(site.layout, site.shape, forms, pointwise(lambda v: v if v > low else middle))


def _masked_from_outside(site: Site) -> Step:
    """A mask of whole elements, or one per position of a sequence."""
    if site.layout is Layout.SEQUENCE and site.rng.random() < 0.6:
        mask, shape = "{mask}.unsqueeze(-1)", site.shape[:2]
    else:
        mask, shape = "{mask}", site.shape
    fill = "0.0" if site.rng.random() < 0.7 else f"{site.stats.mean - max(site.stats.std, 0.05):.2g}"
    forms = (expr(f"{{x}}.masked_fill({mask}, {fill})"), expr(f"torch.masked_fill({{x}}, {mask}, {fill})"))
    return Step(site.layout, site.shape, forms, scaled(0.8), (Operand("mask", shape, "mask"),))


def _exp(x: float) -> float:
    return math.exp(max(min(x, 4.0), -30.0))


def _log(x: float) -> float:
    return math.log(max(x, 1e-6))


OPERATORS = (
    _op("Exp", lambda v: _exp(-abs(v)), "exp", "torch.exp(-{x}.abs())", "torch.exp({x}.clamp(max=4.0))",
        "torch.exp(-{x}.pow(2))", "({x}.clamp(max=3.0)).exp()"),
    _op("Exp2", lambda v: _exp(v * 0.69), "exp2", "torch.exp2({x}.clamp(max=4.0))", "torch.exp2(-{x}.abs())"),
    _op("Expm1", lambda v: _exp(v) - 1, "expm1", "torch.expm1({x}.clamp(max=3.0))", "torch.expm1(-{x}.abs())"),
    _op("Log", lambda v: _log(abs(v) + 1), "log", "torch.log({x}.abs() + 1.0)", "torch.log({x}.pow(2) + 1e-2)",
        "torch.log(torch.clamp({x}.abs(), min=1e-2))"),
    _op("Log1p", lambda v: math.log1p(abs(v)), "log1p", "torch.log1p({x}.abs())", "{x}.abs().log1p()",
        "torch.sign({x}) * torch.log1p({x}.abs())"),
    _op("Log2", lambda v: _log(abs(v) + 1) * 1.44, "log2", "torch.log2({x}.abs() + 1.0)",
        "torch.log2({x}.pow(2) + 0.5)"),
    _op("Log10", lambda v: _log(abs(v) + 1) * 0.43, "log10", "torch.log10({x}.abs() + 1.0)"),
    _op("Sqrt", lambda v: math.sqrt(abs(v)), "sqrt", "torch.sqrt({x}.abs() + 1e-6)",
        "torch.sqrt({x}.pow(2) + 1e-4)", "({x}.abs() + 1e-5).sqrt()"),
    _op("Rsqrt", lambda v: (v * v + 1) ** -0.5, "rsqrt", "torch.rsqrt({x}.pow(2) + 1.0)",
        "{x} * torch.rsqrt({x}.pow(2) + 0.5)", "torch.rsqrt({x}.abs() + 0.5)"),
    _op("Abs", abs, "abs absolute", "torch.abs({x})", "{x}.abs()"),
    _op("Neg", lambda v: -v, "neg negative", "-{x}", "torch.neg({x})", "{x}.neg()"),
    _op("Sin", math.sin, "sin", "torch.sin({x})", "{x}.sin()", "torch.sin({x} * 2.0)"),
    _op("Cos", math.cos, "cos", "torch.cos({x})", "{x}.cos()", "torch.cos({x} * 1.5)"),
    _op("Atan", math.atan, "atan arctan", "torch.atan({x})", "{x}.atan()"),
    _op("Asinh", math.asinh, "asinh arcsinh", "torch.asinh({x})", "{x}.asinh()"),
    _op("Acosh", lambda v: math.acosh(1.5 + abs(v)), "acosh arccosh", "torch.acosh({x}.abs() + 1.5)"),
    _op("Atanh", lambda v: math.atanh(0.9 * math.tanh(v)), "atanh arctanh", "torch.atanh(0.9 * torch.tanh({x}))"),
    _op("Asin", lambda v: math.asin(0.9 * math.tanh(v)), "asin arcsin", "torch.asin(0.9 * torch.tanh({x}))"),
    _op("Acos", lambda v: math.acos(0.9 * math.tanh(v)), "acos arccos", "torch.acos(0.9 * torch.tanh({x}))"),
    _op("Sinh", lambda v: math.sinh(max(min(v, 3), -3)), "sinh", "torch.sinh({x}.clamp(-3.0, 3.0))"),
    _op("Cosh", lambda v: math.cosh(max(min(v, 3), -3)), "cosh", "torch.cosh({x}.clamp(-3.0, 3.0))"),
    _op("Erf", math.erf, "erf", "torch.erf({x})", "{x}.erf()"),
    _op("Erfc", math.erfc, "erfc", "torch.erfc({x})"),
    _op("Erfinv", lambda v: math.tanh(v), "erfinv", "torch.erfinv(0.9 * torch.tanh({x}))"),
    _op("Lgamma", lambda v: math.lgamma(1.5 + min(abs(v), 50)), "lgamma", "torch.lgamma({x}.abs() + 1.5)"),
    _op("Digamma", lambda v: _log(abs(v) + 1), "digamma psi special_digamma", "torch.digamma({x}.abs() + 1.0)"),
    # 1 - eps must not be 1 in bfloat16, whose steps below 1 are 2**-8
    _op("Logit", math.tanh, "logit special_logit", "torch.logit(torch.sigmoid({x}), eps=1e-2)"),
    _op("Square", lambda v: v * v, "square pow", "torch.square({x})", "{x}.square()"),
    _op("Reciprocal", lambda v: 1 / (1 + abs(v)), "reciprocal rtruediv rdiv",
        "torch.reciprocal({x}.abs() + 1.0)", "1.0 / (1.0 + {x}.pow(2))"),
    _op("Sinc", lambda v: math.sin(v) / v if v else 1.0, "sinc special_sinc", "torch.sinc({x})"),
    _op("Round", lambda v: v, "round", "0.5 * ({x} + torch.round({x} * 8.0) / 8.0)", "{x} + 0.1 * torch.round({x})"),
    _op("Floor", lambda v: v, "floor", "{x} - torch.floor({x})", "0.5 * ({x} + torch.floor({x} * 16.0) / 16.0)"),
    _op("Ceil", lambda v: v, "ceil", "torch.ceil({x}) - {x}", "0.5 * ({x} + torch.ceil({x} * 16.0) / 16.0)"),
    _op("Trunc", lambda v: v, "trunc fix",
        "{x} - 0.5 * torch.trunc({x})", "0.5 * ({x} + torch.trunc({x} * 16.0) / 16.0)"),
    _op("Frac", lambda v: math.fmod(v, 1.0), "frac", "torch.frac({x} * 4.0)", "{x} + torch.frac({x})"),
    _op("Remainder", lambda v: v % 2.0, "remainder fmod", "torch.remainder({x}, 2.0)", "torch.fmod({x}, 1.5)"),
    _op("Sign", lambda v: v, "sign sgn", "{x} * torch.sign({x})", "torch.sign({x}) * torch.sqrt({x}.abs() + 1e-6)"),
    _op("NanToNum", lambda v: v, "nan_to_num", "torch.nan_to_num({x})", "{x}.nan_to_num(nan=0.0)"),
    _op("Clone", lambda v: v, "clone", "{x}.clone()", "torch.clone({x})"),
    Operator("MaskedFill", "supporting", "pointwise", ANY, _masked, ("F:masked_fill",), phase=5),
    Operator("Pow", "supporting", "pointwise", ANY, _pow, ("F:pow", "F:float_power", "F:square"), phase=5),
)  # fmt: skip
