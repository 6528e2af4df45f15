"""Applying one operator to one value, with whatever the value needs before it and the program after it."""

from __future__ import annotations

from math import hypot

from operators.effects import SOMEWHERE, kept
from operators.spec import Limits, Operand, Operator, Site, Stats, Step, channels_of, expr, together
from synth.synthesizer.adapters import bridge, fit, fits, match, matched
from synth.synthesizer.chain import Chain
from synth.synthesizer.numbers import bend, loosen, standardise
from synth.synthesizer.scope import Scope, Value, operand_hint

# Below this share of its spread a value hardly depends on the inputs: what is left has to be well above rounding.
_FADED = {"float32": 0.006, "float16": 0.02, "bfloat16": 0.04}
_NOTHING = 1e-6  # a spread from the inputs that is none
_SATURATED = 0.005  # share of the spread from the inputs that a curve's level end leaves at most
# Below this share of their size, numbers that differ are rounded to the same one: a step or two of the type.
_ROUNDED = {"float32": 1e-6, "float16": 2**-10, "bfloat16": 2**-7}
_WILD = 60.0
_FAINT = 0.002  # a spread from the inputs that is too small, however small all numbers are
# A result of this size has elements that float16 cannot hold: the value is made smaller before, not after.
_OVERFLOWING = 500.0
_SATURATING = 4.0  # from there on a tanh, a sigmoid or a softplus of a value says nothing that the value does not
_NARROW = 0.03  # spread of values that are too much alike for what works on one element at a time
_ELEMENTWISE = {"activations", "pointwise", "element_wise_ops", "losses"}
# Results so near to their argument (up to sign) that a difference or distance between the two says nothing.
_ECHOES = {
    "Neg", "Clone", "NanToNum", "MaskedFill", "Clamp", "Hardtanh", "Hardshrink", "Softshrink", "Round", "Floor",
    "Ceil", "Trunc", "ParameterDict", "ParameterList", "Scale", "Multiply", "Divide", "Add", "Subtract", "BiasAdd",
    "CumMax", "CumMin", "Logit", "Slice", "Threshold",
}  # fmt: skip
_NEARLY = ("pooling", "padding")  # families whose results are the same numbers, some of them


def apply(scope: Scope, entry: Operator, x: Value) -> Value:
    """Write one use of `entry` on `x` and return the result."""
    program = scope.program
    ahead = program.ahead
    if ahead:
        ahead.pop()
    if x.layout not in entry.layouts:
        home = program.home
        target = home if home in entry.layouts else scope.rng.choice(entry.layouts)
        x = bridge(scope, x, target, _stage_limits(entry, ahead))
    elif not fits(x, entry.limits, program.budget):
        x = fit(scope, x, _stage_limits(entry, ahead))
    if x.stats.std < _NARROW and entry.family in _ELEMENTWISE:
        x = standardise(scope, x)
    step = _plan(scope, entry, x)
    after = step.effect(x.stats)
    size = hypot(after.mean, after.std)
    if size > _OVERFLOWING or _is_lost(x.stats.signal, after.signal, size, program.dtype):
        x = _repaired(scope, x, after)
        step = _plan(scope, entry, x)
        after = step.effect(x.stats)
        size = hypot(after.mean, after.std)
    others = None
    if step.operands:
        others = {operand.name: _operand(scope, operand, x) for operand in step.operands}
        if x.stats.flat and all(other.stats.flat for other in others.values()):
            after = after.along(SOMEWHERE)  # two constant sums added up are a constant sum
    form = scope.choose(step.forms)
    out = scope.write(form, x, step.layout, step.shape, after, entry.name, others)
    # Sizes say nothing here: an adapter that pools an upsampled value gives the value itself again.
    if others is None and (step.effect is kept or entry.name in _ECHOES or entry.family in _NEARLY):
        out.echoes(x)
    if size > _WILD or after.signal < _FAINT or after.signal < _FADED[program.dtype] * size:
        return _mend(scope, out, size)
    return out


def _is_lost(before: float, after: float, size: float, dtype: str) -> bool:
    """Whether a step leaves nothing of the inputs that a repair of its result could bring back.

    Args:
        before: the spread from the inputs that it is given.
        after: what is left of it in numbers of this `size`.
    """
    if after <= _NOTHING or after <= _ROUNDED[dtype] * size:
        return True
    # Saturated: how little is left follows from the tails of a bell, which real values do not have.
    return after < _SATURATED * before and after < _FADED[dtype] * size


def _stage_limits(entry: Operator, ahead: list[Operator]) -> Limits:
    """What this operator and the rest of its stage need of sizes, so that one adapter does for all."""
    return together([entry.limits, *[other.limits for other in ahead]])


def _repaired(scope: Scope, x: Value, after: Stats) -> Value:
    """`x` with other numbers, since with these an operator would leave nothing of them, or far too much: `after`."""
    stats = x.stats
    if after.signal <= _NOTHING:
        if stats.flat:
            return bend(scope, x)
        if stats.floored or stats.capped or after.mean in (stats.low, stats.high):
            return loosen(scope, x)  # extremes at a bound
    return standardise(scope, x)


def _plan(scope: Scope, entry: Operator, x: Value) -> Step:
    program = scope.program
    if not program.ahead:
        return entry.plan(Site(x.layout, x.shape, x.stats, scope.rng, program.following))
    following = program.ahead[-1]
    toward = x.layout if x.layout in following.layouts else program.home
    return entry.plan(Site(x.layout, x.shape, x.stats, scope.rng, toward, following.limits))


def _mend(scope: Scope, x: Value, size: float) -> Value:
    """Repair numbers that have faded or grown wild, `size` being how large they are."""
    if size <= _WILD and x.stats.signal < _FADED[scope.program.dtype] * max(size, 1e-9):
        return _remind(scope, x)
    return standardise(scope, x)


def _remind(scope: Scope, x: Value) -> Value:
    """Add an earlier value that still depends on the inputs; they have been drowned by constants."""
    if x.stats.std > 0 and x.stats.signal > 0.2 * x.stats.std and not x.stats.flat:
        return standardise(scope, x)  # only the mean was large
    sources = [v for v in scope.values if v is not x and v.stats.signal > 0.2 and v.size <= 20_000]
    if not sources:
        return standardise(scope, x)
    near = [v for v in sources if v.shape == x.shape] or [v for v in sources if v.layout is x.layout] or sources
    chain = Chain(scope, near[-1])
    matched(chain, x)
    stats = Stats(x.stats.mean, max(x.stats.std, chain.stats.std), max(chain.stats.signal, x.stats.signal))
    scope.program.adapters += 1
    form, skip = chain.added_to()
    return scope.write(form, x, x.layout, x.shape, stats, others={"skip": skip})


def _operand(scope: Scope, operand: Operand, x: Value) -> Value:
    """A second value for an operator: an earlier one, a function of the first, or a new input."""
    if operand.kind == "ids":
        return scope.add_input(x.layout, operand.shape, operand_hint(operand), operand.high, "ids")
    if operand.kind in ("mask", "grid"):
        return scope.add_input(x.layout, operand.shape, operand_hint(operand), 0, operand.kind)
    if operand.kind == "input":
        if scope.room_for_inputs():
            return scope.add_input(x.layout, operand.shape, operand_hint(operand))
        return _resampled(scope, operand, x)
    if operand.kind == "apart":
        roomy = scope.room_for_inputs() and x.size <= 20_000
        return scope.add_input(x.layout, operand.shape, "target") if roomy else _derived(scope, x)
    rng = scope.rng
    same = [v for v in scope.values if v.origin is not x.origin and v.shape == operand.shape]
    if scope.program.ordered and (made := [v for v in same if v.maker]):
        return rng.choice(made[-3:])
    if same and rng.random() < 0.75:
        return rng.choice(same[-3:])
    if scope.room_for_inputs() and x.size <= 20_000 and rng.random() < 0.45:
        return scope.add_input(x.layout, operand.shape)
    # Another number of features: reaching this shape takes a projection, so the two cannot be the same again.
    related = [v for v in scope.values if v.layout is x.layout and v.size <= 20_000 and _features(v) != _features(x)]
    if related and rng.random() < 0.3:
        return match(scope, rng.choice(related), x)
    return _derived(scope, x)


def _features(x: Value) -> int:
    return channels_of(x.layout, x.shape)


def _derived(scope: Scope, x: Value) -> Value:
    """Something of the same shape made from `x`, yet different from it."""
    texts = ["torch.cos({x})"]
    reach = abs(x.stats.mean) + x.stats.std
    if reach < _SATURATING:
        texts += ["torch.sigmoid({x})", "F.softplus({x})"]
        if reach > 1.0:  # the tanh of a small number is that number
            texts.append("torch.tanh({x})")
    if x.shape[1] > 1:
        texts += ["torch.roll({x}, 1, dims=1)", "{x}.flip(1)"]
    stats = Stats(0.2, max(0.05, min(x.stats.std, 0.6)), max(1e-3, 0.5 * x.stats.signal))
    return scope.write(expr(scope.rng.choice(texts)), x, x.layout, x.shape, stats)


def _resampled(scope: Scope, operand: Operand, x: Value) -> Value:
    """All inputs are taken: the operand is made from `x`."""
    if operand.shape == x.shape:
        return _derived(scope, x)
    return match(scope, x, Value(x.layout, operand.shape, x.stats))


def enough(scope: Scope, x: Value) -> Value:
    """The program's result has at least eight elements and visibly depends on the inputs."""
    if x.stats.signal < 2 * _FADED[scope.program.dtype] * hypot(x.stats.mean, x.stats.std):
        x = _remind(scope, x)
    if x.size >= 8 and x.size // x.shape[0] >= 2:
        return x
    return fit(scope, x, Limits(least=scope.rng.choice((8, 10, 16))))
