"""The loose form of an ATen graph: what it computes, whatever it is called and however it is written.  Torch-free.

Taken away: names, shapes, dtypes, constants, signs, views and copies, the order of commutative operands, code that no
output needs, and everything made of parameters alone.  Composite operators are written out (`silu(x)` is
`mul(x, sigmoid(x))`) and common hand-written forms are brought together (a softmax with or without its maximum, a
variance in either form, scalars taken out of products and sums), so that a formula and the operator that it spells
have one form.  `rules` holds what is known of each operator; this file holds the algebra.

Expressions are interned: equal ones are one object, so graphs with shared parts stay small.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

NONE, SCALAR, TENSOR = "", "s", "t"  # what kind of constant takes part in a sum or product


@dataclass(frozen=True, eq=False, slots=True)
class Expr:
    """An interned expression: operator, operands that depend on an input, the kind of constant among them."""

    op: str
    of: tuple[Expr, ...] = ()
    constant: str = NONE
    digest: bytes = b""

    @property
    def label(self) -> str:
        """The operator, with the constant that takes part."""
        return f"{self.op}:{self.constant}" if self.constant else self.op


#: an operand: an expression, or a constant by its kind
Operand = Expr | str


class Algebra:
    """Makes expressions; each constructor returns the normal form."""

    def __init__(self) -> None:
        self._interned: dict[tuple[str, tuple[int, ...], str], Expr] = {}
        self.x = self.make("input")

    def make(self, op: str, of: Iterable[Expr] = (), constant: str = NONE, ordered: bool = True) -> Expr:
        """The expression as it stands."""
        operands = tuple(of) if ordered else tuple(sorted(of, key=lambda e: e.digest))
        key = (op, tuple(id(e) for e in operands), constant)
        found = self._interned.get(key)
        if found is None:
            digest = blake2b(f"{op}:{constant}".encode(), digest_size=8)
            for operand in operands:
                digest.update(operand.digest)
            found = self._interned[key] = Expr(op, operands, constant, digest.digest())
        return found

    def call(self, op: str, *operands: Operand) -> Operand:
        """An operator without rules of its own: its constants go, the order of the rest stays."""
        varying = [o for o in operands if isinstance(o, Expr)]
        return self.make(op, varying) if varying else TENSOR

    # -- sums and products ------------------------------------------------------------------------------------

    def add(self, *operands: Operand) -> Operand:
        """A sum of any number of terms, signs aside."""
        terms, constant = _flat("add", operands)
        if not terms:
            return constant or SCALAR
        terms = self._without_stabilisers(terms)
        if len(terms) == 1 and not constant:
            return terms[0]
        return self.make("add", terms, constant, ordered=False)

    def _without_stabilisers(self, terms: list[Expr]) -> list[Expr]:
        """`max(y) + log(sum(exp(y)))` is `log(sum(exp(y)))`: the maximum is there for the range of floats only."""
        logs = [t for t in terms if t.op == "log" and t.of[0].op == "sum" and t.of[0].of[0].op == "exp"]
        maxima = {log.of[0].of[0].of[0] for log in logs}
        return [t for t in terms if not (t.op == "amax" and t.of[0] in maxima)] if logs else terms

    def mul(self, *operands: Operand) -> Operand:
        """A product of any number of factors."""
        factors, constant = _flat("mul", operands)
        if not factors:
            return constant or SCALAR
        if len(factors) == 1 and not constant:
            return factors[0]
        return self.make("mul", factors, constant, ordered=False)

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
            return self.mul(*(self.recip(factor) for factor in x.of), x.constant)
        if x.op == "add" and x.constant == SCALAR and len(x.of) == 1 and x.of[0].op == "exp":
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
        """The square root; a number comes out of it."""
        inner = _unscaled(self, x)
        return self.call("sqrt", x) if inner is None else self.scaled(self.sqrt(inner))

    def exp(self, x: Operand) -> Operand:
        """The exponential; `exp(y - max(y))` is `exp(y)`, which is what a softmax makes of it."""
        if isinstance(x, Expr) and x.op == "add":
            for index, term in enumerate(x.of):
                rest = self.add(*x.of[:index], *x.of[index + 1 :], x.constant)
                if term.op == "amax" and rest is term.of[0]:
                    return self.call("exp", rest)
        return self.call("exp", x)

    def log(self, x: Operand) -> Operand:
        """The logarithm, of products too."""
        if isinstance(x, str):
            return x
        if x.op == "mul":
            return self.add(*(self.log(factor) for factor in x.of), x.constant)
        if x.op in ("exp", "recip"):
            return x.of[0] if x.op == "exp" else self.log(x.of[0])
        if x.op == "sigmoid" or (x.op == "add" and x.constant == SCALAR and len(x.of) == 1 and x.of[0].op == "exp"):
            return self.call("softplus", x.of[0] if x.op == "sigmoid" else x.of[0].of[0])
        return self.call("log", x)

    def sum(self, x: Operand) -> Operand:
        """A sum over axes, whichever; sums of sums are one, numbers come out."""
        if isinstance(x, Expr) and x.op == "sum":
            return x
        inner = _unscaled(self, x)
        return self.call("sum", x) if inner is None else self.scaled(self.sum(inner))

    def mean(self, x: Operand) -> Operand:
        """A sum, divided by a number."""
        return self.scaled(self.sum(x))

    def variance(self, x: Operand) -> Operand:
        """The mean of the squared distance from the mean."""
        distance = self.add(x, self.mean(x))
        return self.mean(self.mul(distance, distance))

    def standardised(self, x: Operand) -> Operand:
        """Mean away, divided by the standard deviation with an epsilon."""
        return self.div(self.add(x, self.mean(x)), self.sqrt(self.add(self.variance(x), SCALAR)))

    def softmax(self, x: Operand) -> Operand:
        """exp(x) / sum(exp(x))."""
        raised = self.exp(x)
        return self.div(raised, self.sum(raised))

    def clamp(self, x: Operand) -> Operand:
        """Cut off below, above or both; once is enough."""
        return x if isinstance(x, Expr) and x.op == "clamp" else self.call("clamp", x)

    def extremum(self, op: str, x: Operand) -> Operand:
        """`amax` or `amin` over axes, whichever."""
        return x if isinstance(x, Expr) and x.op == op else self.call(op, x)

    def linear(self, op: str, *operands: Operand) -> Operand:
        """A product of matrices or a convolution: numbers come out, operands have no order."""
        inner = [_unscaled(self, o) for o in operands]
        varying = [o if i is None else i for o, i in zip(operands, inner, strict=True) if isinstance(o, Expr)]
        if not varying:
            return TENSOR
        made = self.make(op, [v for v in varying if isinstance(v, Expr)], ordered=False)
        return made if all(i is None for i in inner) else self.scaled(made)


def _flat(op: str, operands: Sequence[Operand]) -> tuple[list[Expr], str]:
    """Terms of a nest of one associative operator, and the strongest constant among them."""
    terms: list[Expr] = []
    constant = NONE
    for operand in operands:
        if isinstance(operand, str):
            constant = max(constant, operand)
        elif operand.op == op:
            terms.extend(operand.of)
            constant = max(constant, operand.constant)
        else:
            terms.append(operand)
    return terms, constant


def _unscaled(algebra: Algebra, x: Operand) -> Operand | None:
    """What `x` is a number times of; None where it is not."""
    if isinstance(x, Expr) and x.op == "mul" and x.constant == SCALAR:
        return algebra.mul(*x.of)
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


def all_neighbourhoods(outputs: Sequence[Expr], hops: int = 2) -> Counter[str]:
    """The same with every number of hops from 0 to `hops` for each expression: what a part is looked for in."""
    order = below(outputs)
    return Counter(level[id(expr)] for level in levels_of(order, hops) for expr in order)


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
