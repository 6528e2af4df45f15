"""Functions of one number, known by their values whatever they are spelled with.  Torch-free.

A stretch of a graph that works on each element and has one tensor going in is a function of one number: it is computed
at some points and compared with the functions that have a name.  `x * clamp(x / 6 + 0.5, 0, 1)` is a hardswish by this,
and so is every other way to write one.  Where a constant is not known, or differs from the function's own, `formulas`
and `rules` know the function by its form.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import repeat

from validators.aten.graph import Node, Recorded, reachable

#: where functions are compared: both sides of every bend of the named ones, and where they have reached their ends
POINTS = (
    *(-30.0, -8.0, -5.0, -4.0, -3.5, -2.9, -2.0, -1.5, -1.0, -0.7, -0.4, -0.1),
    *(0.1, 0.3, 0.6, 0.9, 1.2, 1.7, 2.3, 2.8, 3.3, 4.2, 5.5, 8.0, 30.0),
)
#: constants are written with few digits, and a tanh stands for a Gaussian's integral: 5e-4 apart
CLOSE = 5e-3
MOST_NODES = 24  # the longest formulas of `tests/validators/test_curves.py` have 15

_Curve = Callable[..., float]


def _exp(x: float) -> float:
    return math.exp(x) if x < 700 else math.inf


def _sigmoid(x: float) -> float:
    return 1 / (1 + _exp(-x))


def _softplus(x: float, beta: float = 1.0, threshold: float = 20.0) -> float:
    return x if x * beta > threshold else math.log1p(math.exp(x * beta)) / beta


def _elu(x: float, alpha: float = 1.0, scale: float = 1.0, inner: float = 1.0) -> float:
    return scale * (x if x > 0 else alpha * math.expm1(x * inner))


def _gelu(x: float) -> float:
    return x * 0.5 * (1 + math.erf(x / math.sqrt(2)))


def _between(x: float, low: float = -1.0, high: float = 1.0) -> float:
    return min(max(x, low), high)


def _selu(x: float) -> float:
    return _elu(x, 1.6732632423543772, 1.0507009873554805)


#: ATen's functions of each element; numbers follow the operands, as in its schemas
_ELEMENTWISE: dict[str, _Curve] = {
    "add": lambda x, y, alpha=1: x + alpha * y,
    "sub": lambda x, y, alpha=1: x - alpha * y,
    "rsub": lambda x, y, alpha=1: y - alpha * x,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "pow": lambda x, y: x**y,
    "exp2": lambda x, base: base**x,
    **dict.fromkeys(("maximum", "max"), max),
    **dict.fromkeys(("minimum", "min"), min),
    "logaddexp": lambda x, y: max(x, y) + math.log1p(math.exp(-abs(x - y))),
    "gt": lambda x, y: x > y,
    "ge": lambda x, y: x >= y,
    "lt": lambda x, y: x < y,
    "le": lambda x, y: x <= y,
    "where": lambda condition, x, y: x if condition else y,
    "masked_fill": lambda x, mask, value: value if mask else x,
    "neg": lambda x: -x,
    "abs": abs,
    "sign": lambda x: math.copysign(1, x),
    "reciprocal": lambda x: 1 / x,
    "square": lambda x: x * x,
    "sqrt": math.sqrt,
    "rsqrt": lambda x: 1 / math.sqrt(x),
    "exp": _exp,
    "expm1": math.expm1,
    "log": math.log,
    "log1p": math.log1p,
    "log2": math.log2,
    "log10": math.log10,
    "sinh": math.sinh,
    "cosh": math.cosh,
    "tanh": math.tanh,
    "erf": math.erf,
    "erfc": math.erfc,
    "special_ndtr": lambda x: 0.5 * math.erfc(-x / math.sqrt(2)),
    "sigmoid": _sigmoid,
    "relu": lambda x: max(x, 0.0),
    "relu6": lambda x: _between(x, 0.0, 6.0),
    "hardtanh": _between,
    "clamp": lambda x, low, high=math.inf: _between(x, low, high),
    "clamp_min": max,
    "clamp_max": min,
    "threshold": lambda x, threshold, value: x if x > threshold else value,
    "leaky_relu": lambda x, slope=0.01: x if x > 0 else slope * x,
    "elu": _elu,
    "selu": _selu,
    "celu": lambda x, alpha=1.0: _elu(x, alpha, 1.0, 1 / alpha),
    "softplus": _softplus,
    "log_sigmoid_forward": lambda x: -_softplus(-x),
    **dict.fromkeys(("gelu", "gelu_tanh"), _gelu),
    "silu": lambda x: x * _sigmoid(x),
    "mish": lambda x: x * math.tanh(_softplus(x)),
    "hardsigmoid": lambda x: _between(x / 6 + 0.5, 0.0, 1.0),
    "hardswish": lambda x: x * _between(x / 6 + 0.5, 0.0, 1.0),
}
#: functions with a name; the last two have no operator
_NAMED: dict[str, _Curve] = {
    name: _ELEMENTWISE[name]
    for name in (
        *("gelu", "silu", "mish", "hardswish", "hardsigmoid", "sigmoid", "tanh", "softplus", "log_sigmoid_forward"),
        *("selu", "abs"),
    )
} | {"softsign": lambda x: x / (1 + abs(x)), "tanhshrink": lambda x: x - math.tanh(x)}
_BOUNDS = ("relu", "relu6", "hardtanh", "clamp", "clamp_min", "clamp_max", "maximum", "minimum", "max", "min")
_AFFINE = ("add", "sub", "rsub", "mul", "div", "neg")
#: operators that need not be computed to know that they are functions with a name
_PLAIN = {*_NAMED, *_BOUNDS, "leaky_relu", "elu", "celu"}

_Key = tuple[int, int]


def named(recorded: Recorded) -> dict[int, tuple[str, Node]]:
    """Nodes by identity that are a named function of a node some operators below: the function, as ATen calls it.

    The nearest such node counts, and a number that is added to a named function or multiplies it stays an operator: a
    scale is one, also where it happens to be 1.
    """
    order: dict[_Key, int] = {}
    for node in reachable(recorded.outputs):
        order.setdefault(_key(node), len(order))
    found: dict[int, tuple[str, Node]] = {}
    known: set[tuple[_Key, _Key]] = set()  # values, and what they are a named function of
    for node in reachable(recorded.outputs):
        scaled = _scaled_by_number(node)
        for source, stretch in _entries(node, order):
            if scaled is not None and (_key(scaled), _key(source)) in known:
                break
            plain = len(stretch) == 1 and node.op in _PLAIN
            name = node.op if plain else _name_of(node, source, stretch)
            if name is None:
                continue
            known.add((_key(node), _key(source)))
            if not plain:
                found[id(node)] = (name, source)
            if not plain or node.op not in _BOUNDS:  # a clamp may be the last operator of a hardsigmoid
                break
    return found


def _scaled_by_number(node: Node) -> Node | None:
    """The only operand, where a number is added to it or multiplies it."""
    operands = [o for o in node.inputs if o is not None and o.varies]
    return operands[0] if len(operands) == 1 and node.op in _AFFINE else None


def _key(node: Node) -> _Key:
    """One for all views of a value: they share its operands."""
    return (id(node.inputs) if node.inputs else id(node), node.output)


def _entries(node: Node, order: dict[_Key, int]) -> Iterator[tuple[Node, list[Node]]]:
    """The nodes below that all of `node` is made of, each alone, with what lies between, nearest first."""
    frontier = {_key(node): node}
    stretch: list[Node] = []
    while len(stretch) < MOST_NODES:
        latest = frontier.pop(max(frontier, key=order.__getitem__))
        if not _is_elementwise(latest):
            return
        stretch.append(latest)
        frontier.update((_key(o), o) for o in latest.inputs if o is not None and o.varies)
        if len(frontier) == 1:
            yield next(iter(frontier.values())), stretch


def _is_elementwise(node: Node) -> bool:
    """Whether it is computed here: a function of each element, with constants that are known."""
    given = [o for o in node.inputs if o is not None]
    reduces = node.op in ("max", "min") and len(given) == 1
    known = all(o.varies or _constant(o) is not None for o in given)
    return node.varies and node.op in _ELEMENTWISE and node.output == 0 and not reduces and known


def _constant(node: Node) -> float | None:
    """The value of a tensor that holds nothing else."""
    if node.op == "zeros":
        return 0.0
    return float(node.numbers[0]) if node.op == "constant" and node.numbers else None


def _name_of(node: Node, source: Node, stretch: list[Node]) -> str | None:
    try:
        return _name(_values(node, source, stretch), bounded=any(inner.op in _BOUNDS for inner in stretch))
    except (ArithmeticError, ValueError, TypeError):  # outside of a domain, beyond floats, an overload not known here
        return None


def _values(node: Node, source: Node, stretch: list[Node]) -> list[float]:
    """Of `node` at POINTS of `source`."""
    values: dict[_Key, list[float]] = {_key(source): list(POINTS)}
    for inner in reversed(stretch):  # what came last into it comes first in the program
        given = (o for o in inner.inputs if o is not None)
        operands = [values[_key(o)] if o.varies else repeat(_constant(o)) for o in given]
        values[_key(inner)] = list(map(_ELEMENTWISE[inner.op], *operands, *map(repeat, inner.numbers)))
    return values[_key(node)]


def _name(values: list[float], bounded: bool) -> str | None:
    """The function that has these values at `POINTS`; no clamp where it is `bounded` by one, of which `rules` know."""

    def is_(curve: _Curve, *numbers: float) -> bool:
        return all(abs(curve(x, *numbers) - y) <= CLOSE * (1 + abs(y)) for x, y in zip(POINTS, values, strict=True))

    for name, curve in _NAMED.items():
        if is_(curve):
            return name
    low, high = values[0], values[-1]
    below, above = low > POINTS[0] + 1, high < POINTS[-1] - 1
    inside = sum(low < x < high for x in POINTS)
    if inside > 1 and (below or above) and not bounded and is_(_between, low, high):
        return "clamp" if below else "clamp_max"
    slope = values[POINTS.index(-1.0)] / -1.0
    if CLOSE < slope < 0.95 and is_(_ELEMENTWISE["leaky_relu"], slope):
        return "leaky_relu"
    if low < -CLOSE and (is_(_elu, -low) or is_(_ELEMENTWISE["celu"], -low)):
        return "elu"
    return None
