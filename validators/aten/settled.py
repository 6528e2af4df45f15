"""The second pass over a loose form: constants, and what commutes with them, where they belong.  Torch-free.

`canonical` finds the functions that a program spells, for which it has to count constants.  When they are found, the
values of constants do not matter any more, so neither does how many of them there are nor on which side of an operator
they stand, where both sides say the same:

* parameters added to parameters are a parameter, scales times scales are a scale; an affine map of an affine map is one
  (a batch norm with running statistics is a scale and a shift);
* what increases commutes with a maximum and a minimum: `tanh(max(x))` is `max(tanh(x))`;
* a scale and a shift go through a maximum, a minimum, a mean and a sum, and a number through a clamp, whose bounds it
  moves;
* a softmax and a normalization do not see a number that is added, the latter no factor either;
* `x + x * y` is `x * (1 + y)`: a factor that all terms of a sum share is one of the sum;
* the largest, the mean and the sum of unfolded windows are pools; the mean and the sum of what weights made, of windows
  or of everything, are made by other weights.

A maximum stands inside, next to what it is taken of, and constants inside of it only where weights are that near: a
bias stays with its layer.
"""

from __future__ import annotations

from collections.abc import Iterable

from validators.aten.canonical import Algebra, of_one_weight
from validators.aten.expression import SCALAR, TENSOR, Expr
from validators.aten.loose import below

_EXTREMA = ("amax", "amin")
_LINEAR = ("mean", "sum")
_REDUCTIONS = (*_EXTREMA, *_LINEAR)
#: functions of each element that never decrease
_INCREASING = {
    *("clamp", "cap", "leaky_relu", "elu", "tanh", "sigmoid", "softplus", "exp", "log", "sqrt", "erf", "atan"),
    *("floor", "ceil", "round", "sign"),
}
#: functions through which a positive factor goes, bounds aside; through the first two a term, too
_BOUNDS = ("clamp", "cap")
#: functions that are the same of `x` and of `x` and a number, which a log-sum-exp hands on
_BLIND = ("softmax", "log_softmax", "standardise", "var")
_HOMOGENEOUS = (*_BOUNDS, "leaky_relu")


def settled(outputs: Iterable[Expr]) -> list[Expr]:
    """The expressions in this form."""
    found = list(outputs)
    second = _Settler()
    made: dict[int, Expr] = {}
    for expr in below(found):
        of = tuple(made.get(id(operand), operand) for operand in expr.of)
        made[id(expr)] = second.build(expr.op, of, expr.constants)
    return [made.get(id(expr), expr) for expr in found]


class _Settler:
    def __init__(self) -> None:
        self._make = Algebra().make

    def build(self, op: str, of: tuple[Expr, ...], constants: str = "") -> Expr:
        """The normal form of an operator on operands that are in theirs."""
        if op == "add":
            return self._add(of, constants)
        if op == "mul":
            return self._mul(of, constants)
        if len(of) != 1:
            return self._make(op, of, constants)
        if op in _REDUCTIONS:
            return self._reduced(op, of[0])
        unseen = op in _BLIND and (of[0].is_("add", SCALAR) or (op == "standardise" and of[0].is_("mul", SCALAR)))
        if unseen:
            return self.build(op, of[0].of, constants)
        if op == "logsumexp" and of[0].is_("add", SCALAR):
            return self._add([self.build(op, of[0].of, constants)], SCALAR)
        if op in _BOUNDS and of[0].op in _BOUNDS:
            return self._make("clamp" if "clamp" in (op, of[0].op) else op, of[0].of)
        if _is_linear(op) and of[0].is_("mul", SCALAR):
            return self._mul([self._make(op, of[0].of, constants)], SCALAR)
        return self._make(op, of, constants)

    def _add(self, of: Iterable[Expr], constants: str) -> Expr:
        terms, constants = _flat("add", of, constants)
        terms = of_one_weight(terms)
        if len(terms) > 1:
            return self._shared(terms, constants) or self._make("add", terms, constants)
        x = terms[0]
        if not constants:
            return x
        if _is_linear(x.op) and len(x.of) == 1:
            return self._make("add", terms, TENSOR)  # a number for all is a bias, too
        if x.op in _REDUCTIONS and _near_weights(x):
            return self.build(x.op, (self._add(x.of, constants),))
        if x.op in _BOUNDS and constants == SCALAR:
            return self.build(x.op, (self._add(x.of, constants),))
        return self._make("add", terms, constants)

    def _shared(self, terms: list[Expr], constants: str) -> Expr | None:
        """The sum as a product with a factor that its terms have in common."""
        factors = [term.of if term.op == "mul" else (term,) for term in terms]
        shared = next((f for f in factors[0] if all(f in others for others in factors)), None)
        if shared is None or constants or all(len(others) == 1 for others in factors):
            return None
        rest, numbers = [], ""
        for term, others in zip(terms, factors, strict=True):
            at = others.index(shared)
            left = (*others[:at], *others[at + 1 :])
            own = term.constants if term.op == "mul" else ""
            if left:
                rest.append(self._mul(left, own))
            else:
                numbers += own or SCALAR
        return self._mul([shared, self._add(rest, numbers)], "")

    def _mul(self, of: Iterable[Expr], constants: str) -> Expr:
        factors, constants = _flat("mul", of, constants)
        if len(factors) > 1:
            return self._make("mul", factors, constants)
        x = factors[0]
        if not constants:
            return x
        if x.op == "add" and len(x.of) == 1 and x.constants:
            return self._add([self._mul(x.of, constants)], _merged(x.constants + constants))
        if x.op in _REDUCTIONS and _near_weights(x, through=_REDUCTIONS if constants == SCALAR else _LINEAR):
            return self.build(x.op, (self._mul(x.of, constants),))
        if x.op in _HOMOGENEOUS and constants == SCALAR:
            return self.build(x.op, (self._mul(x.of, constants),))
        return self._make("mul", factors, constants)

    def _reduced(self, op: str, x: Expr) -> Expr:
        """A maximum, minimum, mean or sum over axes or windows."""
        inner = x.of[0] if x.op == "part" else x
        if inner.op == "unfold":
            return self._reduced(op, inner.of[0])
        if x.op == op or (op in _LINEAR and _of_weights(x)):
            return x  # a mean or sum of what weights made is made by the mean or sum of these weights
        if op in _EXTREMA and x.op in _INCREASING and len(x.of) == 1:
            return self.build(x.op, (self._reduced(op, x.of[0]),))
        if x.op in ("add", "mul") and len(x.of) == 1 and not _near_weights(x.of[0]):
            inside = self._reduced(op, x.of[0])
            if x.op == "add":
                return self._add([inside], x.constants)
            if op not in _EXTREMA or x.constants == SCALAR:
                return self._mul([inside], x.constants)
        return self._make(op, [x])


def _is_linear(op: str) -> bool:
    return op == "matmul" or op.startswith("conv")


def _of_weights(x: Expr) -> bool:
    """Whether it is a map by weights, with or without a scale and a shift."""
    for op in ("add", "mul"):
        if x.op == op and len(x.of) == 1:
            x = x.of[0]
    return _is_linear(x.op) and len(x.of) == 1


def _near_weights(x: Expr, through: tuple[str, ...] = _REDUCTIONS) -> bool:
    """Whether only such reductions are between it and a map by weights."""
    while x.op in through:
        x = x.of[0]
    return _of_weights(x)


def _merged(constants: str) -> str:
    """Constants of a sum or product as the one that they come to."""
    return TENSOR if TENSOR in constants else constants[:1]


def _flat(op: str, of: Iterable[Expr], constants: str) -> tuple[list[Expr], str]:
    """Terms of a nest, and what its constants come to."""
    terms: list[Expr] = []
    for operand in of:
        terms.extend(operand.of if operand.op == op else (operand,))
        constants += operand.constants if operand.op == op else ""
    return terms, _merged(constants)
