"""Structure around operators: residuals, parallel arms, helper blocks, and joins of values."""

from __future__ import annotations

from operators.effects import SOMEWHERE
from operators.spec import Arg, Form, Layout, Make, Operator, Stats, expr, loose
from synth.synthesizer.adapters import bridge, linear_make, match, narrow_gate
from synth.synthesizer.naming import block_name
from synth.synthesizer.numbers import bend
from synth.synthesizer.render import render_block
from synth.synthesizer.scope import Scope, Value
from synth.synthesizer.steps import apply


def run_group(scope: Scope, group: list[Operator], x: Value) -> Value:
    """Write a group of operators on `x`, plainly or with some structure around it."""
    rng, style = scope.rng, scope.style
    if x.layout is Layout.SEQUENCE and len(group) >= 2 and not scope.program.ordered and rng.random() < 0.5:
        _norm_first(group)
    if len(group) >= 2 and scope.outer is None and rng.random() < style.block:
        return _as_block(scope, group, x)
    if len(group) >= 2 and x.size <= 20_000 and rng.random() < style.arms:
        return _as_arms(scope, group, x)
    if rng.random() < style.residual:
        return _as_residual(scope, group, x)
    return _plainly(scope, group, x)


def _norm_first(group: list[Operator]) -> None:
    """Pre-norm, as transformers have it: the norm of a heavy layer goes before it."""
    heavy = next((at for at, entry in enumerate(group) if entry.phase == 1), -1)
    norm = next((at for at, entry in enumerate(group) if entry.phase == 2), -1)
    if 0 <= heavy < norm:
        group.insert(heavy, group.pop(norm))


def _plainly(scope: Scope, group: list[Operator], x: Value) -> Value:
    for entry in group:
        x = apply(scope, entry, x)
    return x


def _as_residual(scope: Scope, group: list[Operator], x: Value) -> Value:
    """x + f(x), where f kept the shape."""
    out = _plainly(scope, group, x)
    if out.origin is x.origin:
        return out
    if out.shape == x.shape and out.layout is x.layout:
        scope.program.idioms.append("residual")
        return _joined(scope, out, x)
    return out


def _joined(scope: Scope, a: Value, b: Value) -> Value:
    """Two values of one shape in one."""
    rng = scope.rng
    form = rng.choice(
        (
            loose("{x} + {y}"),
            loose("{x} + {y}"),
            loose("{x} + {y}"),
            loose("{x} * torch.sigmoid({y})"),
            loose("0.5 * ({x} + {y})"),
            expr("torch.maximum({x}, {y})"),
        )
    )
    stats = _blend(a.stats, b.stats)
    return scope.write(form, a, a.layout, a.shape, stats, others={"y": b})


def _blend(a: Stats, b: Stats) -> Stats:
    flat = SOMEWHERE if a.flat and b.flat else ()
    return Stats(a.mean + 0.5 * b.mean, max(a.std, b.std), max(a.signal, b.signal) * 0.7, flat)


def _as_arms(scope: Scope, group: list[Operator], x: Value) -> Value:
    """Two paths from one value, joined again."""
    cut = scope.rng.randint(1, len(group) - 1)
    left = _plainly(scope, group[:cut], x)
    right = _plainly(scope, group[cut:], x)
    if left.origin is right.origin:
        right = _plainly(scope, [], bend(scope, right))
    return join(scope, left, right)


def join(scope: Scope, a: Value, b: Value) -> Value:
    """Two values of any shapes in one: a sum, a gate, or side by side."""
    rng = scope.rng
    if a.shape == b.shape and a.layout is b.layout:
        if rng.random() < 0.25 and a.size <= 15_000:
            return _beside(scope, a, b)
        return _joined(scope, a, b)
    if a.layout is b.layout:
        axis = 2 if a.layout is Layout.SEQUENCE else 1
        elsewhere = [n for at, n in enumerate(a.shape) if at != axis] == [
            n for at, n in enumerate(b.shape) if at != axis
        ]
        if elsewhere:
            return _beside(scope, a, b)
        if a.layout is Layout.SEQUENCE and a.shape[2] == b.shape[2]:
            shape = (a.shape[0], a.shape[1] + b.shape[1], a.shape[2])
            stats = _blend(a.stats, b.stats)
            return scope.write(expr("torch.cat([{x}, {y}], dim=1)"), a, a.layout, shape, stats, others={"y": b})
    if len(b.shape) > len(a.shape):
        a, b = b, a
    if len(a.shape) > 2 and rng.random() < 0.9:
        return _modulated(scope, a, b)
    return _joined(scope, a, match(scope, b, a))


def _beside(scope: Scope, a: Value, b: Value) -> Value:
    axis = 2 if a.layout is Layout.SEQUENCE else 1
    shape = tuple(n + b.shape[at] if at == axis else n for at, n in enumerate(a.shape))
    dim = -1 if axis == len(shape) - 1 else axis
    form = expr(f"torch.cat([{{x}}, {{y}}], dim={dim})")
    return scope.write(form, a, a.layout, shape, _blend(a.stats, b.stats), others={"y": b})


def _modulated(scope: Scope, a: Value, b: Value) -> Value:
    """Maps scaled or shifted per channel by a vector made from the other value."""
    vector = bridge(scope, b, Layout.VECTOR)
    channels = a.shape[2] if a.layout is Layout.SEQUENCE else a.shape[1]
    line_up = narrow_gate(a)
    name = scope.rng.choice(("gate", "scale", "modulation"))
    scope.program.idioms.append("gate")
    make = (("m", linear_make(vector.shape[1], channels, f"to_{name}")),)
    if scope.rng.random() < 0.6:
        text = f"{{{name}}} = torch.sigmoid({{m}}({{y}}))\n{{out}} = {{x}} * {{{name}}}{line_up}"
    else:
        text = f"{{{name}}} = {{m}}({{y}})\n{{out}} = {{x}} + {{{name}}}{line_up}"
    stats = Stats(a.stats.mean * 0.5, a.stats.std, a.stats.signal * 0.6, a.stats.flat)
    return scope.write(Form(text, make), a, a.layout, a.shape, stats, others={"y": vector})


def _steady(before: Stats, after: Stats) -> bool:
    """Whether what made `after` of `before` may be done again: numbers neither drift, nor grow, nor fade."""
    drift = abs(after.mean - before.mean)
    grown = after.std > 2 * before.std or drift > max(before.std, 0.5)
    return not grown and after.signal > 0.3 * before.signal


def _as_block(scope: Scope, group: list[Operator], x: Value) -> Value:
    """The group in a class of its own; sometimes run twice over a ModuleList where it keeps the shape."""
    inner = Scope(scope.program, scope)
    before = len(scope.program.idioms)
    start = inner.enter(x)
    out = run_group(inner, group, start)
    if out is start:
        return x
    residual = "residual" in scope.program.idioms[before:]
    scope.program.idioms.append("helper class")
    name = scope.program.claim(block_name(group, x.layout, residual, scope.rng))
    source, params = render_block(inner, name, out)
    scope.program.helpers.append(source)
    args = tuple(Arg("", value, role) for role, value in params)
    make = Make(name, args, "block")
    others = {f"extra{at}": value for at, value in enumerate(inner.passed[1:])}
    call = ", ".join(["{x}", *(f"{{{key}}}" for key in others)])
    twice = not others and out.shape == x.shape and out.layout is x.layout and _steady(x.stats, out.stats)
    if twice and scope.rng.random() < scope.style.repeat:
        written: list[object] = [make, make]
        scope.program.idioms.append("stack")
        layers = (("m", Make("nn.ModuleList", (Arg("", written),), "blocks")),)
        text = "{h} = {x}\nfor block in {m}:\n    {h} = block({h})\n{out} = {h}"
        form = Form(text, layers)
    else:
        form = Form(f"{{m}}({call})", (("m", make),), solo=not others)
    return scope.write(form, x, out.layout, out.shape, out.stats, "block", others)
