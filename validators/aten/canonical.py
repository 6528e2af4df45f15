"""The loose form of an ATen graph: what it computes, whatever it is called and however it is written.  Torch-free.

Taken away: names, shapes, dtypes, the values of constants, signs, views and copies, the order of commutative
operands, dead code, and everything made of parameters alone.  Formulas become the operators that they spell: an
exponential over its sum is a softmax, with or without the maximum that keeps it in range; the mean of squared distances
from the mean is a variance.  How many constants a sum or product holds is kept, since a scale is an operator of its own.
`rules` holds what is known of each ATen operator; this file holds the algebra.

Expressions are interned: equal ones are one object, so graphs with shared parts stay small.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

SCALAR, TENSOR = "s", "t"  # constants: a number; a tensor that depends on no input
MOST = 3  # constants of a kind that are told apart in one sum or product


@dataclass(frozen=True, eq=False, slots=True)
class Expr:
    """An interned expression: operator, operands that depend on an input, the constants among them ("", "s", "sst")."""

    op: str
    of: tuple[Expr, ...] = ()
    constants: str = ""
    digest: bytes = b""

    @property
    def label(self) -> str:
        """The operator, with the constants that take part."""
        return f"{self.op}:{self.constants}" if self.constants else self.op

    def is_(self, op: str, constants: str = "", operands: int = 1) -> bool:
        """Whether it is that operator with those constants and so many operands."""
        return self.op == op and self.constants == constants and len(self.of) == operands


#: operators whose operands have no order
UNORDERED = {"add", "mul", "matmul", "cat", "maximum", "minimum"}
#: an operand: an expression, or constants
Operand = Expr | str


class Algebra:
    """Makes expressions; each constructor returns the normal form."""

    def __init__(self) -> None:
        self._interned: dict[tuple[str, tuple[int, ...], str], Expr] = {}
        self.x = self.make("input")

    def make(self, op: str, of: Iterable[Expr] = (), constants: str = "") -> Expr:
        """The expression as it stands."""
        operands = tuple(sorted(of, key=lambda e: e.digest)) if op in UNORDERED else tuple(of)
        key = (op, tuple(id(e) for e in operands), constants)
        found = self._interned.get(key)
        if found is None:
            digest = blake2b(f"{op}:{constants}".encode(), digest_size=8)
            for operand in operands:
                digest.update(operand.digest)
            found = self._interned[key] = Expr(op, operands, constants, digest.digest())
        return found

    def call(self, op: str, *operands: Operand) -> Operand:
        """An operator with its operands in order; its constants go."""
        varying = [o for o in operands if isinstance(o, Expr)]
        return self.make(op, varying) if varying else TENSOR

    # -- sums and products ------------------------------------------------------------------------------------

    def add(self, *operands: Operand) -> Operand:
        """A sum of any number of terms, signs aside."""
        terms, constants = _flat("add", operands)
        if not terms:
            return constants[-1:] or SCALAR
        terms = self._with_recognised_sums(terms)
        if len(terms) == 1 and not constants:
            return terms[0]
        return self.make("add", terms, constants)

    def _with_recognised_sums(self, terms: list[Expr]) -> list[Expr]:
        for log in [t for t in terms if t.op == "logsumexp"]:
            inner = log.of[0]
            # The maximum is there for the range of floats only.
            terms = [t for t in terms if not (t.op == "amax" and t.of[0] is inner)]
            if inner in terms:
                terms = [*_without(terms, inner, log), self.make("log_softmax", [inner])]
        for square in [t for t in terms if t.is_("mul", operands=2) and t.of[0] is t.of[1] and t.of[0].op == "mean"]:
            y = square.of[0].of[0]
            of_squares = self.mean(self.mul(y, y))  # the mean of squares less the square of the mean
            if of_squares in terms and isinstance(of_squares, Expr):
                terms = [*_without(terms, square, of_squares), self.make("var", [y])]
        return terms

    def mul(self, *operands: Operand) -> Operand:
        """A product of any number of factors."""
        factors, constants = _flat("mul", operands)
        if not factors:
            return constants[-1:] or SCALAR
        factors, constants = self._with_recognised_products(factors, constants)
        if len(factors) == 1 and not constants:
            return factors[0]
        if len(factors) == 1 and constants == SCALAR and factors[0].op == "sum":
            return self.mean(factors[0].of[0])
        return self.make("mul", factors, constants)

    def _with_recognised_products(self, factors: list[Expr], constants: str) -> tuple[list[Expr], str]:
        for recip in [f for f in factors if f.op == "recip"]:
            below = recip.of[0]
            if below.op == "sum" and below.of[0].op == "exp" and below.of[0] in factors:
                factors = [*_without(factors, recip, below.of[0]), self.make("softmax", [below.of[0].of[0]])]
            elif (y := _deviation_of(below)) is not None and (distance := self.add(y, self.mean(y))) in factors:
                assert isinstance(distance, Expr)
                factors = [*_without(factors, recip, distance), self.make("standardise", [y])]
        for gate in [f for f in factors if f.op in ("sigmoid", "tanh", "add", "clamp")]:
            inner = _gated(gate)
            if inner is None or inner[1] not in factors:
                continue
            name, x, number = inner
            if number and SCALAR not in constants:
                continue
            constants = constants.replace(SCALAR, "", 1) if number else constants
            factors = [*_without(factors, gate, x), self.make(name, [x])]
        return factors, constants

    def scaled(self, x: Operand) -> Operand:
        """`x` times a number."""
        return self.mul(x, SCALAR)

    def recip(self, x: Operand) -> Operand:
        """1 / x."""
        if isinstance(x, str):
            return x
        if x.op == "recip":
            return x.of[0]
        if x.op == "exp":
            return x  # the sign of an exponent is not kept
        if x.op == "mul":
            return self.mul(*(self.recip(factor) for factor in x.of), x.constants)
        if x.is_("add", SCALAR) and x.of[0].op == "exp":
            return self.call("sigmoid", x.of[0].of[0])
        return self.make("recip", [x])

    def div(self, a: Operand, b: Operand) -> Operand:
        """a / b."""
        return self.mul(a, self.recip(b))

    def power(self, x: Operand, exponent: float | None) -> Operand:
        """x to a number; None where the exponent is a tensor or the base is a number."""
        if isinstance(x, str):
            return x
        if exponent is not None and exponent < 0:
            return self.recip(self.power(x, -exponent))
        if exponent in (2, 3, 4):
            return self.mul(*[x] * int(exponent))
        if exponent == 1:
            return x
        return self.sqrt(x) if exponent == 0.5 else self.call("pow", x)

    # -- functions ---------------------------------------------------------------------------------------------

    def sqrt(self, x: Operand) -> Operand:
        """The square root."""
        return self.call("sqrt", x)

    def exp(self, x: Operand) -> Operand:
        """The exponential; `exp(y - max(y))` is `exp(y)`, which is what a softmax makes of it."""
        if isinstance(x, Expr) and x.op == "add":
            for index, term in enumerate(x.of):
                rest = self.add(*x.of[:index], *x.of[index + 1 :], x.constants)
                if term.op == "amax" and rest is term.of[0]:
                    return self.call("exp", rest)
        if isinstance(x, Expr) and x.op in ("log", "log_softmax"):
            return x.of[0] if x.op == "log" else self.call("softmax", x.of[0])
        return self.call("exp", x)

    def log(self, x: Operand) -> Operand:
        """The logarithm, of products too."""
        if isinstance(x, str):
            return x
        if x.op == "softmax":
            return self.call("log_softmax", x.of[0])
        if x.op == "sum" and x.of[0].op == "exp":
            return self.call("logsumexp", x.of[0].of[0])
        if x.op in ("exp", "recip"):
            return x.of[0] if x.op == "exp" else self.log(x.of[0])
        if x.op == "sigmoid" or (x.is_("add", SCALAR) and x.of[0].op == "exp"):
            return self.call("softplus", x.of[0] if x.op == "sigmoid" else x.of[0].of[0])
        if x.op == "mul" and len(x.of) > 1:
            return self.add(*(self.log(factor) for factor in x.of), x.constants)
        return self.call("log", x)

    def sum(self, x: Operand) -> Operand:
        """A sum over axes, whichever; sums of sums are one."""
        return x if isinstance(x, Expr) and x.op == "sum" else self.call("sum", x)

    def mean(self, x: Operand) -> Operand:
        """A mean over axes, whichever; of squared distances from the mean it is the variance."""
        if isinstance(x, str):
            return TENSOR
        if x.op == "mean":
            return x
        if x.is_("mul", operands=2) and x.of[0] is x.of[1] and (y := _centred(x.of[0])) is not None:
            return self.variance(y)
        return self.make("mean", [x])

    def variance(self, x: Operand) -> Operand:
        """Whatever its correction."""
        return self.call("var", x)

    def standardised(self, x: Operand) -> Operand:
        """Mean away, divided by the standard deviation with an epsilon."""
        return self.call("standardise", x)

    def softmax(self, x: Operand) -> Operand:
        """exp(x) / sum(exp(x))."""
        return self.call("softmax", x)

    def clamp(self, x: Operand) -> Operand:
        """Cut off below, above or both; once is enough."""
        return x if isinstance(x, Expr) and x.op == "clamp" else self.call("clamp", x)

    def extremum(self, op: str, x: Operand) -> Operand:
        """`amax` or `amin` over axes, whichever; the least of what is negated is the largest."""
        if isinstance(x, Expr) and x.op == "neg":
            return self.negated(self.extremum("amin" if op == "amax" else "amax", x.of[0]))
        return x if isinstance(x, Expr) and x.op == op else self.call(op, x)

    def negated(self, x: Operand) -> Operand:
        """-x, which only an extremum asks about."""
        if isinstance(x, str):
            return x
        return x.of[0] if x.op == "neg" else self.make("neg", [x])

    def gathered(self, x: Operand, at: Operand) -> Operand:
        """Elements picked out of `x`; out of log-probabilities as what those are made of."""
        if isinstance(x, Expr) and x.op == "log_softmax":
            return self.add(self.call("gather", x.of[0], at), self.call("logsumexp", x.of[0]))
        return self.call("gather", x, at)

    def linear(self, op: str, *operands: Operand) -> Operand:
        """A product of matrices or a convolution, whose operands have no order.

        Where two of them depend on an input, as in attention, a number comes out.
        """
        varying = [o for o in operands if isinstance(o, Expr)]
        if not varying:
            return TENSOR
        inner = [self.mul(*o.of) if o.op == "mul" and o.constants == SCALAR else None for o in varying]
        if len(varying) < 2 or not any(inner):
            return self.make(op, varying)
        bare = [o if i is None else i for o, i in zip(varying, inner, strict=True)]
        return self.scaled(self.make(op, [v for v in bare if isinstance(v, Expr)]))


def _flat(op: str, operands: Sequence[Operand]) -> tuple[list[Expr], str]:
    """Terms of a nest of one associative operator, and the constants among them."""
    terms: list[Expr] = []
    constants = ""
    for operand in operands:
        if isinstance(operand, str):
            constants += operand
        elif operand.op == op:
            terms.extend(operand.of)
            constants += operand.constants
        else:
            terms.append(operand)
    numbers, arrays = (min(constants.count(kind), MOST) for kind in (SCALAR, TENSOR))
    return terms, SCALAR * numbers + TENSOR * arrays


def _without(terms: list[Expr], *gone: Expr) -> list[Expr]:
    left = list(terms)
    for term in gone:
        left.remove(term)
    return left


def _centred(x: Expr) -> Expr | None:
    """y, where `x` is y less its mean."""
    if not x.is_("add", operands=2):
        return None
    for one, other in (x.of, x.of[::-1]):
        if other.op == "mean" and other.of[0] is one:
            return one
    return None


def _deviation_of(x: Expr) -> Expr | None:
    """y, where `x` is its standard deviation, with an epsilon under the root, beside it or none."""
    x = x.of[0] if x.is_("add", SCALAR) else x
    if x.op != "sqrt":
        return None
    inner = x.of[0]
    inner = inner.of[0] if inner.is_("add", SCALAR) else inner
    return inner.of[0] if inner.op == "var" else None


def _gated(gate: Expr) -> tuple[str, Expr, bool] | None:
    """The activation that `gate` is one factor of, its argument, and whether a number is a further factor."""
    inner = gate.of[0]
    if gate.op == "sigmoid":
        return ("gelu", inner.of[0], False) if inner.is_("mul", SCALAR) else ("silu", inner, False)
    if gate.op == "tanh" and inner.op == "softplus":
        return "mish", inner.of[0], False
    if gate.op == "clamp" and inner.is_("add", SCALAR):
        return "hardswish", inner.of[0], True
    if gate.is_("add", SCALAR) and inner.op in ("erf", "tanh"):
        argument = inner.of[0]
        if inner.op == "erf":
            return ("gelu", argument.of[0], True) if argument.is_("mul", SCALAR) else None
        # The cubic under the tanh: a number times (x + a number times x^3).
        cubic = argument.of[0] if argument.is_("mul", SCALAR) else argument
        if cubic.op == "add" and len(cubic.of) == 2:
            for one, other in (cubic.of, cubic.of[::-1]):
                if other.op == "mul" and other.of == (one, one, one):
                    return "gelu", one, True
    return None


def below(outputs: Sequence[Expr]) -> list[Expr]:
    """Every expression that an output depends on, operands first, inputs aside."""
    order: list[Expr] = []
    seen: set[int] = set()
    stack: list[tuple[Expr, bool]] = [(e, False) for e in outputs]
    while stack:
        expr, ready = stack.pop()
        if ready:
            order.append(expr)
        elif id(expr) not in seen and expr.op != "input":
            seen.add(id(expr))
            stack.append((expr, True))
            stack.extend((operand, False) for operand in expr.of)
    return order


def root(outputs: Sequence[Expr]) -> str:
    """32 hex digits that two graphs share when their loose forms are the same."""
    digest = blake2b(digest_size=16)
    for part in sorted({output.digest for output in outputs}):
        digest.update(part)
    return digest.hexdigest()


def flattened(outputs: Sequence[Expr]) -> list[list[Any]]:
    """The graph as data, operands first: `[operator, constants, operands]`, where -1 is an input.

    Operators whose operands have no order are marked with "~".
    """
    order = below(outputs)
    at = {id(expr): index for index, expr in enumerate(order)}
    return [[f"~{e.op}" if e.op in UNORDERED else e.op, e.constants, [at.get(id(o), -1) for o in e.of]] for e in order]


def neighbourhoods(outputs: Sequence[Expr], hops: int = 2) -> Counter[str]:
    """Weisfeiler-Lehman features (N. Shervashidze et al., JMLR 12, 2011) that look backwards along the data.

    Each expression counts once, with as many hops, up to `hops`, as lie between it and the nearest input: so a graph
    keeps its features when something else is put in front of it.
    """
    order = below(outputs)
    depth: dict[int, int] = {}
    for expr in order:
        depth[id(expr)] = min((0 if o.op == "input" else depth[id(o)] + 1 for o in expr.of), default=0)
    levels = levels_of(order, hops)
    return Counter(levels[min(hops, depth[id(expr)])][id(expr)] for expr in order)


def levels_of(order: Sequence[Expr], hops: int) -> list[dict[int, str]]:
    """For each number of hops: the feature of each expression."""
    levels = [{id(e): _feature("0", e.label) for e in order}]
    for hop in range(1, hops + 1):
        before = levels[-1]
        levels.append(
            {
                id(e): _feature(str(hop), e.label, *sorted(before.get(id(o), "input") for o in e.of))
                for e in order
            }
        )  # fmt: skip
    return levels


def _feature(*parts: str) -> str:
    return blake2b("|".join(parts).encode(), digest_size=8).hexdigest()
