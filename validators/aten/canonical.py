"""The loose form of an ATen graph: what it computes, whatever it is called and however it is written.  Torch-free.

Taken away: names, shapes, dtypes, the values of constants, signs, views and copies, the order of commutative
operands, dead code, and everything made of parameters alone.  Formulas become the operators that they spell: an
exponential over its sum is a softmax, with or without the maximum that keeps it in range; the mean of squared distances
from the mean is a variance.  How many constants a sum or product holds is kept: a scale is an operator of its own.
`rules` holds what is known of each ATen operator, `formulas` the functions that sums and products spell; this file
holds the algebra.

Expressions are interned: equal ones are one object, so graphs with shared parts stay small.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from validators.aten import formulas
from validators.aten.expression import SCALAR, TENSOR, UNORDERED, Expr, Operand
from validators.aten.formulas import CELLS, RECURRENT

_OF_EACH = ("sigmoid", "tanh", "silu", "gelu", "clamp", "exp")
MOST = 3  # constants of a kind that are told apart in one sum or product


class Algebra:
    """Makes expressions; each constructor returns the normal form."""

    def __init__(self, keeps_neutral: bool = True) -> None:
        #: whether `x * 1.0` and `x + 0.0` are operators, as they are in a program whose scale happens to be 1
        self.keeps_neutral = keeps_neutral
        self.met_neutral = False
        self._interned: dict[tuple[str, tuple[int, ...], str], Expr] = {}
        self.x = self.make("input")

    def drops_neutral(self) -> bool:
        """Asked where there is such an operator: whether it goes."""
        self.met_neutral = True
        return not self.keeps_neutral

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
        if (normed := formulas.log_softmax(self, terms, constants)) is not None:
            return normed
        terms = formulas.in_sum(self, of_one_weight(terms))
        if len(terms) == 1 and not constants:
            return terms[0]
        if len(terms) == 2 and terms[0] is terms[1] and not constants:
            return terms[0] if SCALAR in terms[0].constants and terms[0].op == "mul" else self.scaled(terms[0])
        return self.make("add", terms, constants)

    def mul(self, *operands: Operand) -> Operand:
        """A product of any number of factors."""
        factors, constants = _flat("mul", operands)
        if not factors:
            return constants[-1:] or SCALAR
        product = self._recognised(_Product(tuple(factors), constants))
        factors, constants = list(product.factors), product.constants
        if len(factors) == 1 and not constants:
            return factors[0]
        if len(factors) == 1 and constants == SCALAR and factors[0].op == "sum":
            return self.mean(factors[0].of[0])
        return self.make("mul", factors, constants)

    def _recognised(self, product: _Product) -> _Product:
        """The product with formulas in it replaced by the functions that they spell."""
        for factor in product.factors:
            for made, spelled in formulas.of_factor(self, factor, product.factors):
                left = product.without(*spelled)
                if left is not None and isinstance(made, Expr):
                    return self._recognised(_Product((*left.factors, made), left.constants))
        return product

    def scaled(self, x: Operand) -> Operand:
        """`x` times a number."""
        return self.mul(x, SCALAR)

    def recip(self, x: Operand) -> Operand:
        """1 / x."""
        if isinstance(x, str):
            return x
        x = formulas.without_epsilon(self, x)
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

    def less(self, x: Expr, kind: str) -> Expr | None:
        """`x`, a sum or product, with one constant of a kind fewer; None where it has none."""
        if x.op not in ("add", "mul") or kind not in x.constants:
            return None
        build = self.add if x.op == "add" else self.mul
        made = build(*x.of, *x.constants.replace(kind, "", 1))
        return made if isinstance(made, Expr) else None

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
        for term, rest in self.splits(x) if isinstance(x, Expr) else ():
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
        if x.is_("mul", operands=2) and x.of[0] is x.of[1] and (y := self.centred(x.of[0])) is not None:
            return self.variance(y)
        return self.make("mean", [x])

    def centred(self, x: Expr) -> Expr | None:
        """y, where `x` is y less its mean."""
        return next((term.of[0] for term, rest in self.splits(x) if term.op == "mean" and rest is term.of[0]), None)

    def splits(self, x: Expr) -> Iterator[tuple[Expr, Operand]]:
        """Each term of a sum with the rest of it."""
        for index, term in enumerate(x.of if x.op == "add" else ()):
            yield term, self.add(*x.of[:index], *x.of[index + 1 :], *x.constants)

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
        """Cut off below or on both sides; once is enough."""
        if isinstance(x, Expr) and x.op == "cat":
            return self.make("cat", [piece for piece in map(self.clamp, x.of) if isinstance(piece, Expr)])
        if isinstance(x, Expr) and x.op in ("clamp", "cap"):
            return self.call("clamp", x.of[0])
        return self.call("clamp", x)

    def capped(self, x: Operand) -> Operand:
        """Cut off above only."""
        return x if isinstance(x, Expr) and x.op in ("clamp", "cap") else self.call("cap", x)

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

        Where two of them depend on an input, as in attention, a number comes out.  A part of what weights made is what
        fewer weights make; a product over unfolded windows is a convolution; a column of ones is a bias.
        """
        varying = [_of_fewer_weights(o) for o in operands if isinstance(o, Expr)]
        if not varying:
            return TENSOR
        if len(varying) == 1 and op == "matmul":
            windows, inner = 0, varying[0]
            while inner.op == "unfold" or (inner.op == "part" and inner.of[0].op == "unfold"):
                windows += inner.op == "unfold"  # a part of them, where they are dilated
                inner = inner.of[0]
            if windows:
                return self.make(f"conv{windows}d", [inner])
            if inner.is_("cat"):
                return self.add(self.make(op, inner.of), TENSOR)
        bare = [self.mul(*o.of) if o.op == "mul" and o.constants == SCALAR else None for o in varying]
        if len(varying) < 2 or not any(bare):
            return self.make(op, varying)
        kept = [o if b is None else b for o, b in zip(varying, bare, strict=True)]
        return self.scaled(self.make(op, [_of_fewer_weights(v) for v in kept if isinstance(v, Expr)]))

    def joined(self, *operands: Operand) -> Operand:
        """Concatenated along an axis, in whatever order; copies of one expression (heads of attention) are one."""
        flat: list[Expr] = []
        if len(operands) == 1:
            return operands[0]
        for operand in operands:
            if isinstance(operand, Expr):
                inner = _of_fewer_weights(operand)
                flat.extend(inner.of if inner.op == "cat" else [inner])
        if not flat:
            return TENSOR
        return flat[0] if len(flat) > 1 and len(set(flat)) == 1 else self.make("cat", flat)

    def part(self, x: Operand) -> Operand:
        """A slice; of what was put together from pieces, the pieces so far; of a recurrence, some of its steps.

        A slice of a function of each element is the function of a slice.
        """
        if isinstance(x, Expr) and x.op in _OF_EACH:
            return self.call(x.op, self.part(x.of[0]))
        return x if isinstance(x, Expr) and x.op in ("cat", "part", *RECURRENT) else self.call("part", x)

    def recurrent(self, op: str, *operands: Operand) -> Operand:
        """A recurrent layer over what it reads; its own states and the layers below are one with it."""
        layer = op.removesuffix(CELLS)
        read = dict.fromkeys(o.of[0] if o.op == "part" else o for o in operands if isinstance(o, Expr))
        own = [o for o in read if o.op.removesuffix(CELLS) == layer]
        others = [o for o in read if o not in own] or [o for below in own for o in below.of]
        return self.make(op, dict.fromkeys(others)) if others else TENSOR


def of_one_weight(terms: list[Expr]) -> list[Expr]:
    """Products of one operand by several weights are one product, by their sum."""
    kept: list[Expr] = []
    for term in terms:
        by_weights = len(term.of) == 1 and (term.op == "matmul" or term.op.startswith("conv"))
        if not by_weights or term not in kept:
            kept.append(term)
    return kept


def _of_fewer_weights(x: Expr) -> Expr:
    """Without the slice, where `x` is one of a matrix product by weights, or of that and a bias."""
    inner = x.of[0] if x.op == "part" else x
    product = inner.of[0] if inner.is_("add", TENSOR) else inner
    return inner if product.is_("matmul") else x


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
    arrays = min(arrays, 1) if op == "mul" else arrays  # a scale by two tensors is a scale by one
    return terms, SCALAR * numbers + TENSOR * arrays


@dataclass(frozen=True)
class _Product:
    """Factors and constants of a product that is being made."""

    factors: tuple[Expr, ...]
    constants: str

    def without(self, *gone: Operand) -> _Product | None:
        """What is left when these are taken out, a product piece by piece; None where they are not all there."""
        factors, constants = list(self.factors), self.constants
        for operand in gone:
            if isinstance(operand, Expr) and operand in factors:
                factors.remove(operand)
                continue
            pieces = operand if isinstance(operand, str) else operand.constants
            if isinstance(operand, Expr):
                if operand.op != "mul" or any(operand.of.count(f) > factors.count(f) for f in operand.of):
                    return None
                factors = formulas.without(factors, *operand.of)
            for kind in pieces:
                if kind not in constants:
                    return None
                constants = constants.replace(kind, "", 1)
        return _Product(tuple(factors), constants)
