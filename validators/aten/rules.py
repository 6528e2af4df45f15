"""From recorded operators to expressions: what is known of each ATen operator.  Torch-free.

Operators that no rule names stay what they are (`Algebra.call`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from validators.aten.canonical import SCALAR, TENSOR, Algebra, Expr, Operand
from validators.aten.graph import Node, Recorded, reachable

Rule = Callable[[Algebra, Node, Sequence[Operand]], Operand]


def expressions(recorded: Recorded) -> list[Expr]:
    """The loose form of each output that depends on an input."""
    algebra = Algebra()
    made: dict[int, Operand] = {}
    for node in reachable(recorded.outputs):
        made[id(node)] = _expression(algebra, node, made)
    found = [made[id(output)] for output in recorded.outputs]
    return [e for e in found if isinstance(e, Expr)]


def _expression(algebra: Algebra, node: Node, made: dict[int, Operand]) -> Operand:
    if node.op == "input":
        return algebra.x
    if not node.varies:
        return SCALAR if node.elements == 1 else TENSOR
    operands = [TENSOR if child is None else made[id(child)] for child in node.inputs]
    rule = RULES.get(node.op)
    return algebra.call(_named(node), *operands) if rule is None else rule(algebra, node, operands)


def _named(node: Node) -> str:
    """Operators whose results differ in kind keep which one it is."""
    return f"{node.op}.{node.output}" if node.output else node.op


def _number(node: Node, index: int = 0) -> float | None:
    return float(node.numbers[index]) if len(node.numbers) > index else None


def _first(make: Callable[[Algebra, Operand], Operand]) -> Rule:
    return lambda a, n, o: make(a, o[0])


def _sum_of_two(a: Algebra, n: Node, o: Sequence[Operand]) -> Operand:
    return a.add(o[0], o[1] if len(o) > 1 else SCALAR)


def _product_of_two(a: Algebra, n: Node, o: Sequence[Operand]) -> Operand:
    return a.mul(o[0], o[1] if len(o) > 1 else SCALAR)


def _quotient(a: Algebra, n: Node, o: Sequence[Operand]) -> Operand:
    return a.div(o[0], o[1] if len(o) > 1 else SCALAR)


def _power(a: Algebra, n: Node, o: Sequence[Operand]) -> Operand:
    return a.power(o[0], _number(n)) if len(o) == 1 else a.call("pow", *o)


def _extreme_of_two(a: Algebra, n: Node, o: Sequence[Operand]) -> Operand:
    one = o[0] if isinstance(o[0], Expr) else o[1]
    other = o[1] if isinstance(o[0], Expr) else o[0]
    if isinstance(other, str):
        return a.clamp(one)
    for x, y in ((one, other), (other, one)):
        if isinstance(x, Expr) and isinstance(y, Expr) and y.op == "mul" and y.constant == SCALAR and y.of == (x,):
            return a.call("leaky_relu", x)  # max(x, 0.01 x)
    return a.make(n.op, [e for e in (one, other) if isinstance(e, Expr)], ordered=False)


def _reduced_extreme(op: str) -> Rule:
    def rule(a: Algebra, n: Node, o: Sequence[Operand]) -> Operand:
        if n.op in ("max", "min") and len(o) > 1:
            return _extreme_of_two(a, n, o)
        return a.call(f"arg{op[1:]}", o[0]) if n.output else a.extremum(op, o[0])

    return rule


def _where(a: Algebra, n: Node, o: Sequence[Operand]) -> Operand:
    condition, x, y = o[0], o[1] if len(o) > 1 else SCALAR, o[2] if len(o) > 2 else SCALAR
    if isinstance(condition, str):  # a mask: what is masked is the other one plus a constant
        known = [e for e in (x, y) if isinstance(e, Expr)]
        return a.add(known[0], TENSOR) if len(known) == 1 else a.call("where", x, y)
    compared = condition.of[0] if condition.op == "compare" and len(condition.of) == 1 else None
    for one, other in ((x, y), (y, x)):
        if compared is None or one is not compared:
            continue
        if isinstance(other, str):
            return a.clamp(one)
        if other.op == "mul" and other.of == (compared,):
            return a.call("leaky_relu", one)
        if any(part.op == "exp" and part.of == (compared,) for part in [other, *other.of, *_inner(other)]):
            return a.call("elu", one)
    return a.call("where", condition, x, y)


def _inner(expr: Expr) -> list[Expr]:
    return [inner for part in expr.of for inner in part.of]


def _masked(a: Algebra, n: Node, o: Sequence[Operand]) -> Operand:
    if isinstance(o[1], str):
        return a.add(o[0], TENSOR)
    return _where(a, n, [o[1], o[0], o[2] if len(o) > 2 else SCALAR])


def _compare(a: Algebra, n: Node, o: Sequence[Operand]) -> Operand:
    return a.call("compare", *o)


def _matmul(a: Algebra, n: Node, o: Sequence[Operand]) -> Operand:
    return a.linear("matmul", *o)


def _plus_matmul(a: Algebra, n: Node, o: Sequence[Operand]) -> Operand:
    return a.add(o[0], a.linear("matmul", o[1], o[2]))


def _convolution(a: Algebra, n: Node, o: Sequence[Operand]) -> Operand:
    transposed = "transpose" if any(v is True for v in n.numbers) else ""
    grouped = "grouped" if n.numbers and n.numbers[-1] not in (0, 1, True, False) else ""
    made = a.linear(f"conv{transposed}{len(n.shape) - 2}d{grouped}", *o[:2])
    return a.add(made, TENSOR) if len(o) > 2 and n.inputs[2] is not None else made


def _affine(a: Algebra, n: Node, x: Operand, weight: int, bias: int) -> Operand:
    has = [len(n.inputs) > at and n.inputs[at] is not None for at in (weight, bias)]
    x = a.mul(x, TENSOR) if has[0] else x
    return a.add(x, TENSOR) if has[1] else x


def _layer_norm(a: Algebra, n: Node, o: Sequence[Operand]) -> Operand:
    return _affine(a, n, a.standardised(o[0]), 1, 2) if n.output == 0 else a.call(_named(n), o[0])


def _group_norm(a: Algebra, n: Node, o: Sequence[Operand]) -> Operand:
    return a.call("group_norm", o[0]) if n.output == 0 else a.call(_named(n), o[0])


def _batch_norm(a: Algebra, n: Node, o: Sequence[Operand]) -> Operand:
    # With the batch's own statistics it is an instance norm, whose channels were put into the batch.
    own = n.op != "_native_batch_norm_legit_no_training" and any(v is True for v in n.numbers)
    return a.call("instance_norm" if own else "batch_norm", o[0])


def _var_mean(a: Algebra, n: Node, o: Sequence[Operand]) -> Operand:
    return a.mean(o[0]) if n.output else a.variance(o[0])


def _pool(kind: str) -> Rule:
    def rule(a: Algebra, n: Node, o: Sequence[Operand]) -> Operand:
        rank = 1 if "1d" in n.op else 2 if "2d" in n.op else 3
        if n.output:
            return a.call(f"{kind}_pool_indices", o[0])
        if all(size == 1 for size in n.shape[-rank:]):  # global
            return a.mean(o[0]) if kind == "avg" else a.extremum("amax", o[0])
        return a.call(f"{kind}_pool", o[0])

    return rule


def _silu(a: Algebra, x: Operand) -> Operand:
    return a.mul(x, a.call("sigmoid", x))


def _gelu(a: Algebra, n: Node, o: Sequence[Operand]) -> Operand:
    # Recorded numbers hold no texts: the two forms are told by `recorder`, which names the approximate one.
    x = o[0]
    if n.op == "gelu_tanh":
        return a.mul(x, a.add(a.call("tanh", a.scaled(a.add(x, a.scaled(a.power(x, 3))))), SCALAR), SCALAR)
    return a.mul(x, a.add(a.call("erf", a.scaled(x)), SCALAR), SCALAR)


def _glu(a: Algebra, x: Operand) -> Operand:
    part = a.call("part", x)
    return a.mul(part, a.call("sigmoid", part))


def _norm(a: Algebra, n: Node, o: Sequence[Operand]) -> Operand:
    order = _number(n)
    if order == 1:
        return a.sum(a.call("abs", o[0]))
    if order in (2, None):
        return a.sqrt(a.sum(a.power(o[0], 2)))
    return a.extremum("amax", a.call("abs", o[0])) if order == float("inf") else a.call("norm", o[0])


def _squared_error(a: Algebra, n: Node, o: Sequence[Operand]) -> Operand:
    difference = a.add(o[0], o[1])
    return a.mean(a.mul(difference, difference))


def _lerp(a: Algebra, n: Node, o: Sequence[Operand]) -> Operand:
    return a.add(o[0], a.mul(a.add(o[1], o[0]), o[2] if len(o) > 2 else SCALAR))


def _addcmul(a: Algebra, n: Node, o: Sequence[Operand]) -> Operand:
    return a.add(o[0], a.mul(o[1], o[2]) if n.op == "addcmul" else a.div(o[1], o[2]))


def _unordered(a: Algebra, n: Node, o: Sequence[Operand]) -> Operand:
    varying = [e for e in o if isinstance(e, Expr)]
    return a.make("cat", varying, ordered=False) if varying else TENSOR


def _embedding(a: Algebra, n: Node, o: Sequence[Operand]) -> Operand:
    return a.call("embedding", *o)


def _log_softmax(a: Algebra, x: Operand) -> Operand:
    return a.add(x, a.log(a.sum(a.exp(x))))


RULES: dict[str, Rule] = {
    **dict.fromkeys(("add", "sub", "rsub"), _sum_of_two),
    "mul": _product_of_two,
    "div": _quotient,
    "true_divide": _quotient,
    "reciprocal": _first(Algebra.recip),
    "neg": _first(lambda a, x: x),
    "pow": _power,
    "square": _first(lambda a, x: a.power(x, 2)),
    "sqrt": _first(Algebra.sqrt),
    "rsqrt": _first(lambda a, x: a.recip(a.sqrt(x))),
    "exp": _first(Algebra.exp),
    "expm1": _first(lambda a, x: a.add(a.exp(x), SCALAR)),
    "log": _first(Algebra.log),
    "log1p": _first(lambda a, x: a.log(a.add(x, SCALAR))),
    **dict.fromkeys(("log2", "log10"), _first(lambda a, x: a.scaled(a.log(x)))),
    "logsumexp": _first(lambda a, x: a.log(a.sum(a.exp(x)))),
    "sum": _first(Algebra.sum),
    "mean": _first(Algebra.mean),
    "var": _first(Algebra.variance),
    "std": _first(lambda a, x: a.sqrt(a.variance(x))),
    "var_mean": _var_mean,
    **dict.fromkeys(("amax", "max"), _reduced_extreme("amax")),
    **dict.fromkeys(("amin", "min"), _reduced_extreme("amin")),
    "argmax": _first(lambda a, x: a.call("argmax", x)),
    "argmin": _first(lambda a, x: a.call("argmin", x)),
    **dict.fromkeys(("maximum", "minimum"), _extreme_of_two),
    **dict.fromkeys(
        ("relu", "relu6", "clamp", "clamp_min", "clamp_max", "hardtanh", "threshold"), _first(Algebra.clamp)
    ),
    "hardsigmoid": _first(lambda a, x: a.scaled(a.clamp(a.add(x, SCALAR)))),
    "hardswish": _first(lambda a, x: a.mul(x, a.clamp(a.add(x, SCALAR)), SCALAR)),
    "silu": _first(_silu),
    "mish": _first(lambda a, x: a.mul(x, a.call("tanh", a.call("softplus", x)))),
    **dict.fromkeys(("gelu", "gelu_tanh"), _gelu),
    "glu": _first(_glu),
    "elu": _first(lambda a, x: a.call("elu", x)),
    "softplus": _first(lambda a, x: a.call("softplus", x)),
    "log_sigmoid_forward": _first(lambda a, x: a.call("softplus", x)),
    "softsign": _first(lambda a, x: a.div(x, a.add(a.call("abs", x), SCALAR))),
    "tanhshrink": _first(lambda a, x: a.add(x, a.call("tanh", x))),
    **dict.fromkeys(("_prelu_kernel", "rrelu_with_noise"), _first(lambda a, x: a.call("leaky_relu", x))),
    "_softmax": _first(Algebra.softmax),
    "_safe_softmax": _first(Algebra.softmax),
    "_log_softmax": _first(_log_softmax),
    "where": _where,
    "masked_fill": _masked,
    **dict.fromkeys(("gt", "ge", "lt", "le"), _compare),
    **dict.fromkeys(("mm", "bmm", "dot", "mv"), _matmul),
    **dict.fromkeys(("addmm", "baddbmm", "addmv", "addbmm"), _plus_matmul),
    "convolution": _convolution,
    "native_layer_norm": _layer_norm,
    "native_group_norm": _group_norm,
    **dict.fromkeys(
        (
            *("native_batch_norm", "_native_batch_norm_legit", "_native_batch_norm_legit_no_training"),
            *("cudnn_batch_norm", "_batch_norm_impl_index", "_batch_norm_no_update"),
        ),
        _batch_norm,
    ),
    **dict.fromkeys(
        (
            *("avg_pool1d", "avg_pool2d", "avg_pool3d"),
            *("_adaptive_avg_pool2d", "_adaptive_avg_pool3d", "adaptive_avg_pool1d"),
        ),
        _pool("avg"),
    ),
    **dict.fromkeys(
        (
            *("max_pool1d", "max_pool2d_with_indices", "max_pool3d_with_indices", "max_pool1d_with_indices"),
            *("adaptive_max_pool2d", "adaptive_max_pool3d", "max_pool2d", "max_pool3d"),
        ),
        _pool("max"),
    ),
    "linalg_vector_norm": _norm,
    "norm": _norm,
    "mse_loss": _squared_error,
    "lerp": _lerp,
    **dict.fromkeys(("addcmul", "addcdiv"), _addcmul),
    **dict.fromkeys(("cat", "stack"), _unordered),
    "embedding": _embedding,
}
