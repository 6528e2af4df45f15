"""Formulas that spell a function: what a sum or a factor of a product may be a part of.  Torch-free.

`canonical` asks while it makes sums and products, and puts the function in the place of what spells it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from validators.aten.expression import SCALAR, Expr, Operand

if TYPE_CHECKING:
    from validators.aten.canonical import Algebra

#: recurrent layers: all steps, layers and directions of one are one expression, and so are its cell states
RECURRENT = ("lstm", "gru", "rnn_tanh", "rnn_relu")
CELLS = ".cells"  # an lstm's other result

#: the function, and all factors of a product that spell it
Spelled = tuple[Operand, tuple[Operand, ...]]


def in_sum(a: Algebra, terms: list[Expr]) -> list[Expr]:
    """The terms of a sum, functions in the place of those that spell them."""
    for log in [t for t in terms if t.op == "logsumexp"]:
        inner = log.of[0]
        # The maximum is there for the range of floats only.
        terms = [t for t in terms if not (t.op == "amax" and t.of[0] is inner)]
        if inner.is_("mul", SCALAR) and inner.of[0] in terms and inner.of[0].op == "amax":
            # A maximum less its own maximum: signs aside, it is there twice.
            terms = [*without(terms, log, inner.of[0]), a.make("logsumexp", inner.of)]
        if inner in terms:
            terms = [*without(terms, inner, log), a.make("log_softmax", [inner])]
    for square in [t for t in terms if t.is_("mul", operands=2) and t.of[0] is t.of[1] and t.of[0].op == "mean"]:
        y = square.of[0].of[0]
        of_squares = a.mean(a.mul(y, y))  # the mean of squares less the square of the mean
        if of_squares in terms and isinstance(of_squares, Expr):
            terms = [*without(terms, square, of_squares), a.make("var", [y])]
    step = _lstm_cells(a, terms) or _gru(a, terms) if len(terms) == 2 else None
    return [step] if isinstance(step, Expr) else terms


def log_softmax(a: Algebra, terms: list[Expr], constants: str) -> Expr | None:
    """The whole sum as one, where it is a sum and the logarithm of the sum of its exponentials."""
    for log in (t for t in terms if t.op == "logsumexp" and len(terms) > 1):
        rest = without(terms, log)
        if (rest[0] if len(rest) + len(constants) == 1 else a.make("add", rest, constants)) is log.of[0]:
            return a.make("log_softmax", log.of)
    return None


def without(terms: list[Expr], *gone: Expr) -> list[Expr]:
    """The terms less one of each of those."""
    left = list(terms)
    for term in gone:
        left.remove(term)
    return left


# Gates and states of recurrent layers that are written by hand.  Weights are not told apart, so neither are the gates
# of one layer; where the first state is an input like the sequence, what is read from both is one thing, twice.


def _lstm_cells(a: Algebra, terms: list[Expr]) -> Operand | None:
    """f c + i tanh(g), where c are an LSTM's cells one step before."""
    for new, old in (terms, terms[::-1]):
        written = next((f for f in new.of if f.op == "tanh"), None) if new.is_("mul", operands=2) else None
        kept = [f for f in old.of if f.op != "sigmoid"] if old.op == "mul" else [old]
        gated = len(kept) < len(old.of) and any(f.op == "sigmoid" for f in new.of)
        if written is not None and gated and len(kept) + len(old.constants) == 1:
            return a.recurrent("lstm" + CELLS, *_read(written.of[0]))
    return None


def _gru(a: Algebra, terms: list[Expr]) -> Operand | None:
    """(1 - z) n + z h or n + z (h - n), where a reset gate is in n = tanh(...)."""
    for new, old in (terms, terms[::-1]):
        factors, rest = (t.of if t.op == "mul" else (t,) for t in (new, old))
        written = next((f for f in factors if f.op == "tanh"), None)
        gate = next((f for f in (*factors, *rest) if f.op == "sigmoid"), None)
        if written is None or gate is None or len(factors) > 2:
            continue
        blended = len(factors) == 1 or any(f.op == "add" and gate in f.of for f in (*factors, *rest))
        if blended and _is_reset(written.of[0]):
            return a.recurrent("gru", *_read(gate.of[0]))
    return None


def _is_reset(x: Expr) -> bool:
    """Whether a gate is in a sum, beside or within one of its products of matrices."""
    terms = _terms(x)
    inner = [operand for term in terms for operand in (term.of if term.op == "matmul" else (term,))]
    return any(term.op == "matmul" for term in terms) and any(
        o.op in ("silu", "gelu") or (o.op == "mul" and any(f.op == "sigmoid" for f in o.of)) for o in inner
    )


def _read(gate: Expr) -> list[Expr]:
    """What goes into a gate: the operands of its products of matrices, pieces of what was joined one by one."""
    operands = [o for term in _terms(gate) for o in (term.of if term.op == "matmul" else (term,))]
    return [piece for o in operands for piece in (o.of if o.op == "cat" else (o,))]


def _terms(x: Expr) -> list[Expr]:
    """Terms of a sum of which some may be slices of sums, or one thing twice."""
    through = x.op in ("add", "part") or x.is_("mul", SCALAR)
    return [term for inner in x.of for term in _terms(inner)] if through else [x]


def of_factor(a: Algebra, f: Expr, beside: Sequence[Expr]) -> Iterator[Spelled]:
    """What a factor of a product may be a part of; `beside` are all of its factors."""
    inner = f.of[0] if f.of else None
    if inner is None:
        return
    if f.op == "recip":
        if inner.op == "sqrt" and inner.of[0].op == "sum":
            yield a.recip(a.sqrt(a.mean(inner.of[0].of[0]))), (f, SCALAR)
        if inner.op == "sum" and inner.of[0].op == "exp":
            yield a.call("softmax", inner.of[0].of[0]), (f, inner.of[0])
        if (y := _deviation_of(inner)) is not None:
            yield a.call("standardise", y), (f, a.add(y, a.mean(y)))
        if inner.is_("add", SCALAR) and inner.of[0].is_("mul", operands=2):
            # x e (e + 2) / (e (e + 2) + 2) with e = exp(x)
            for e, more in (inner.of[0].of, inner.of[0].of[::-1]):
                if e.op == "exp" and more is a.add(e, SCALAR):
                    yield a.call("mish", e.of[0]), (f, e, more, e.of[0])
    elif f.op == "sigmoid":
        yield a.call("sigmoid", inner), (f, a.call("exp", inner))
        yield a.call("silu", inner), (f, inner)
        if (x := a.less(inner, SCALAR)) is not None and inner.op == "mul":
            yield a.call("gelu", x), (f, x)
    elif f.op == "tanh" and inner.op == "softplus":
        yield a.call("mish", inner.of[0]), (f, inner.of[0])
    elif f.op == "tanh" and inner.op == "lstm" + CELLS:
        yield from ((a.recurrent("lstm", *inner.of), (f, gate)) for gate in beside if gate.op == "sigmoid")
    elif f.op == "clamp" and (x := a.less(inner, SCALAR)) is not None and inner.op == "add":
        yield a.call("hardswish", x), (f, x, SCALAR)
    elif f.is_("add", SCALAR) and (curve := inner.of[0] if inner.is_("mul", SCALAR) else inner).op in ("erf", "tanh"):
        # 0.5 x (1 + erf), or x (0.5 + 0.5 erf)
        halves, inner = ("" if inner is not curve else SCALAR), curve
        argument = inner.of[0]
        bare = a.less(argument, SCALAR) if argument.op == "mul" else None
        if inner.op == "erf" and bare is not None:
            yield a.call("gelu", bare), (f, bare, halves)
        # The cubic under the tanh: a number times (x + a number times x^3).
        cubic = argument if bare is None else bare
        for other, one in a.splits(cubic) if inner.op == "tanh" else ():
            if other.op == "mul" and other.of == (one, one, one):
                yield a.call("gelu", one), (f, one, halves)


def without_epsilon(a: Algebra, x: Expr) -> Expr:
    """`x`, a divisor, without what keeps it from being 0: a number added to a length, or its lower bound."""
    bare = x.of[0] if x.op in ("add", "clamp") and len(x.of) == 1 else x
    if bare.op == "sum" and bare.of[0].op in ("abs", "exp"):
        return bare
    if bare.op != "sqrt":
        return x
    squares = bare.of[0].of[0] if bare.of[0].op in ("add", "clamp") and len(bare.of[0].of) == 1 else bare.of[0]
    of = squares.of[0] if squares.op in ("sum", "mean") else None
    if of is None or not of.is_("mul", operands=2) or of.of[0] is not of.of[1]:
        return x
    return a.make("sqrt", [squares])


def _deviation_of(x: Expr) -> Expr | None:
    """y, where `x` is its standard deviation, with an epsilon under the root, beside it or none."""
    x = x.of[0] if x.is_("add", SCALAR) else x
    if x.op != "sqrt":
        return None
    inner = x.of[0]
    inner = inner.of[0] if inner.is_("add", SCALAR) else inner
    return inner.of[0] if inner.op == "var" else None
