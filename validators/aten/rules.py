"""From recorded operators to expressions: what is known of each ATen operator.  Torch-free.

Operators that no rule names stay what they are (`Algebra.call`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from validators.aten import curves, windows
from validators.aten.canonical import Algebra
from validators.aten.expression import SCALAR, TENSOR, Expr, Operand
from validators.aten.formulas import CELLS, RECURRENT
from validators.aten.graph import Node, Recorded, reachable

Rule = Callable[[Algebra, Node, Sequence[Operand]], Operand]


def expressions(recorded: Recorded) -> list[Expr]:
    """The loose form of each output that depends on an input."""
    return both_forms(recorded)[0]


def both_forms(recorded: Recorded) -> tuple[list[Expr], list[Expr]]:
    """The loose form of each output, and the same without neutral operators (`Algebra.keeps_neutral`)."""
    algebra, spelled = Algebra(), curves.named(recorded)
    made = _made_by(algebra, recorded, spelled)
    return made, _made_by(Algebra(keeps_neutral=False), recorded, spelled) if algebra.met_neutral else made


def _made_by(algebra: Algebra, recorded: Recorded, spelled: dict[int, tuple[str, Node]]) -> list[Expr]:
    made: dict[int, Operand] = {}
    for node in reachable(recorded.outputs):
        name, source = spelled.get(id(node), (node.op, None))
        stands = node if source is None else replace(node, op=name, inputs=(source,), numbers=())
        made[id(node)] = _expression(algebra, stands, made)
    found = [made[id(output)] for output in recorded.outputs]
    return [e.of[0] if e.op == "neg" else e for e in found if isinstance(e, Expr)]


def _expression(algebra: Algebra, node: Node, made: dict[int, Operand]) -> Operand:
    if node.op == "input":
        return algebra.x
    if not node.varies:
        return SCALAR if node.elements == 1 else TENSOR
    operands = [TENSOR if child is None else made[id(child)] for child in node.inputs]
    if node.op not in _SIGNED:
        operands = [o.of[0] if isinstance(o, Expr) and o.op == "neg" else o for o in operands]
    rule = RULES.get(node.op)
    return algebra.call(_named(node), *operands) if rule is None else rule(algebra, node, operands)


#: operators to which a sign makes a difference; to the others it is as good as none
_SIGNED = {"neg", "amax", "amin", "max", "min"}


def _named(node: Node) -> str:
    """Operators whose results differ in kind keep which one it is."""
    return f"{node.op}.{node.output}" if node.output else node.op


def _number(node: Node, index: int = 0) -> float | None:
    return float(node.numbers[index]) if len(node.numbers) > index else None


def _first(make: Callable[[Algebra, Operand], Operand]) -> Rule:
    return lambda a, n, o: make(a, o[0])


def _sum_of_two(a: Algebra, n: Node, o: Sequence[Operand]) -> Operand:
    if len(o) == 1 and _number(n) == 0 and a.drops_neutral():
        return o[0]
    other = o[1] if len(o) > 1 else SCALAR
    for at in (0, 1) if len(o) > 1 else ():
        summand, tap, others = n.inputs[at], o[at], o[1 - at]
        if summand is not None and summand.op == "zeros" and a.drops_neutral():
            return others
        if summand is not None and (summed := windows.of_taps(a, summand, tap, others)) is not None:
            return summed
    weighted = len(o) > 1 and n.numbers and n.numbers[-1] not in (1, True)  # torch.add(x, y, alpha=2)
    return a.add(o[0], a.scaled(other) if weighted else other)


def _product_of_two(a: Algebra, n: Node, o: Sequence[Operand]) -> Operand:
    x = o[0]
    of_recip = isinstance(x, Expr) and x.op in ("recip", "sigmoid")  # the 1 of `1 / x`
    if len(o) == 1 and _number(n) == 1 and (of_recip or a.drops_neutral()):
        return x
    return a.mul(x, o[1] if len(o) > 1 else SCALAR)


def _quotient(a: Algebra, n: Node, o: Sequence[Operand]) -> Operand:
    if len(o) == 1 and _number(n) == 1 and a.drops_neutral():
        return o[0]
    return a.div(o[0], o[1] if len(o) > 1 else SCALAR)


def _slice(a: Algebra, n: Node, o: Sequence[Operand]) -> Operand:
    written = n.inputs[0]
    return o[0] if written is not None and written.op == "scatter" else a.part(o[0])


def _power(a: Algebra, n: Node, o: Sequence[Operand]) -> Operand:
    return a.power(o[0], _number(n)) if len(o) == 1 else a.call("pow", *o)


def _extreme_of_two(a: Algebra, n: Node, o: Sequence[Operand]) -> Operand:
    one = o[0] if isinstance(o[0], Expr) else o[1]
    other = o[1] if isinstance(o[0], Expr) else o[0]
    if isinstance(other, str):
        return a.capped(one) if n.op in ("minimum", "min") else a.clamp(one)
    for x, y in ((one, other), (other, one)):
        if y is a.scaled(x):
            return a.call("leaky_relu", x)  # max(x, 0.01 x)
    return a.make(n.op, [e for e in (one, other) if isinstance(e, Expr)])


def _reduced_extreme(op: str) -> Rule:
    def rule(a: Algebra, n: Node, o: Sequence[Operand]) -> Operand:
        if n.op in ("max", "min") and len(o) > 1:
            return _extreme_of_two(a, n, o)
        return a.call(f"arg{op[1:]}", o[0]) if n.output else a.extremum(op, o[0])

    return rule


def _where(a: Algebra, n: Node, o: Sequence[Operand]) -> Operand:
    condition, x, y = o[0], o[1] if len(o) > 1 else SCALAR, o[2] if len(o) > 2 else SCALAR
    if isinstance(condition, str):  # a mask
        known = [e for e in (x, y) if isinstance(e, Expr)]
        return _behind_mask(a, n, known[0]) if len(known) == 1 else a.call("where", x, y)
    compared = condition.of[0] if condition.op == "compare" and len(condition.of) == 1 else None
    for one, other in ((x, y), (y, x)):
        if compared is None or one is not compared:
            continue
        if isinstance(other, str):
            return a.clamp(one)
        if other is a.scaled(compared):
            return a.call("leaky_relu", one)
        if any(part.op == "exp" and part.of == (compared,) for part in [other, *other.of, *_inner(other)]):
            return a.call("elu", one)
    if isinstance(y, str) and isinstance(x, Expr) and condition.op in ("input", "ne", "eq") and _puts_zeros(n):
        return a.mul(x, *(condition.of or [condition]))  # a mask that is given is a factor, as one of numbers is
    return a.call("where", condition, x, y)


def _behind_mask(a: Algebra, n: Node, x: Operand) -> Operand:
    """Where a mask puts zeros it is a factor, where it puts anything else (minus infinity) a term."""
    return a.mul(x, TENSOR) if _puts_zeros(n) else a.add(x, TENSOR)


def _puts_zeros(n: Node) -> bool:
    return any(child is not None and child.op == "zeros" for child in n.inputs) or 0 in n.numbers


def _inner(expr: Expr) -> list[Expr]:
    return [inner for part in expr.of for inner in part.of]


def _masked(a: Algebra, n: Node, o: Sequence[Operand]) -> Operand:
    if isinstance(o[1], str):
        return _behind_mask(a, n, o[0])
    return _where(a, n, [o[1], o[0], o[2] if len(o) > 2 else SCALAR])


def _compare(a: Algebra, n: Node, o: Sequence[Operand]) -> Operand:
    return a.call("compare", *o)


def _matmul(a: Algebra, n: Node, o: Sequence[Operand]) -> Operand:
    made = a.linear("matmul", *o)
    return a.scaled(made) if any(map(_is_scaled, n.inputs)) else made


def _is_scaled(weights: Node | None) -> bool:
    """Whether they are a parameter times a number, which might as well multiply what they make."""
    if weights is None or weights.varies or weights.op not in ("mul", "div"):
        return False
    sizes = [child.elements for child in weights.inputs if child is not None]
    return len(sizes) == 1 or (len(sizes) == 2 and 1 in sizes and sizes != [1, 1])


def _plus_matmul(a: Algebra, n: Node, o: Sequence[Operand]) -> Operand:
    return a.add(o[0], _matmul(a, replace(n, inputs=n.inputs[1:]), o[1:]))


def _convolution(a: Algebra, n: Node, o: Sequence[Operand]) -> Operand:
    transposed = "transpose" if any(v is True for v in n.numbers) else ""
    grouped = "grouped" if n.numbers and n.numbers[-1] not in (0, 1, True, False) else ""
    # Stride, padding, dilation, whether it is transposed, output padding, groups. Weights may be a slice.
    axes = (len(n.numbers) - 2) // 4
    kernel = n.inputs[1].shape[-axes:] if n.inputs[1] is not None else ()
    stride, padding, dilation = (n.numbers[at * len(kernel) : (at + 1) * len(kernel)] for at in range(3))
    # Windows that neither overlap nor leave anything out are patches, which a reshape makes too.
    patches = kernel == stride and not any(padding) and set(dilation) == {1} and not transposed
    product = (patches and not grouped) or all(size == 1 for size in kernel)
    made = a.linear("matmul" if product else f"conv{transposed}{len(kernel)}d{grouped}", *o[:2])
    made = a.scaled(made) if _is_scaled(n.inputs[1]) else made
    return a.add(made, TENSOR) if len(o) > 2 and n.inputs[2] is not None else made


def _unfold(a: Algebra, n: Node, o: Sequence[Operand]) -> Operand:
    _, size, step = n.numbers
    return o[0] if size == step else a.call("unfold", o[0])


def _im2col(a: Algebra, n: Node, o: Sequence[Operand]) -> Operand:
    kernel, dilation, padding, stride = (n.numbers[at : at + 2] for at in (0, 2, 4, 6))
    return (
        o[0]
        if kernel == stride and dilation == (1, 1) and not any(padding)
        else a.call("unfold", a.call("unfold", o[0]))
    )


def _affine(a: Algebra, n: Node, x: Operand, weight: int, bias: int) -> Operand:
    has = [len(n.inputs) > at and n.inputs[at] is not None for at in (weight, bias)]
    x = a.mul(x, TENSOR) if has[0] else x
    return a.add(x, TENSOR) if has[1] else x


def _norm_with_own_statistics(a: Algebra, n: Node, o: Sequence[Operand]) -> Operand:
    return _affine(a, n, a.standardised(o[0]), 1, 2) if n.output == 0 else a.call(_named(n), o[0])


def _batch_norm(a: Algebra, n: Node, o: Sequence[Operand]) -> Operand:
    # With the batch's own statistics it is an instance norm, whose channels were put into the batch.
    own = n.op != "_native_batch_norm_legit_no_training" and any(v is True for v in n.numbers)
    return _affine(a, n, a.standardised(o[0]) if own else a.mul(a.add(o[0], TENSOR), TENSOR), 1, 2)


def _var_mean(a: Algebra, n: Node, o: Sequence[Operand]) -> Operand:
    return a.mean(o[0]) if n.output else a.variance(o[0])


def _pool(kind: str) -> Rule:
    def rule(a: Algebra, n: Node, o: Sequence[Operand]) -> Operand:
        if n.output:
            return a.call(f"{kind}_pool_indices", o[0])
        # Over a window or over everything, taken with a kernel or after a reshape: the size is a constant.
        return a.mean(o[0]) if kind == "avg" else a.extremum("amax", o[0])

    return rule


def _scaled_elu(a: Algebra, x: Operand) -> Operand:
    return a.scaled(a.call("elu", x))


def _glu(a: Algebra, x: Operand) -> Operand:
    # Two halves, which are one expression here: by its gate it is told from a silu.
    part = a.call("part", x)
    return a.make("mul", [e for e in (part, a.call("sigmoid", part)) if isinstance(e, Expr)])


def _absolute(a: Algebra, x: Operand) -> Operand:
    positive = isinstance(x, Expr) and x.op in ("exp", "sqrt", "sigmoid", "softmax", "softplus", "abs")
    return x if positive else a.call("abs", x)


def _norm(a: Algebra, n: Node, o: Sequence[Operand]) -> Operand:
    order = _number(n)
    if order == 1:
        return a.sum(_absolute(a, o[0]))
    if order in (2, None):
        return a.sqrt(a.sum(a.power(o[0], 2)))
    return a.extremum("amax", _absolute(a, o[0])) if order == float("inf") else a.call("norm", o[0])


def _squared_error(a: Algebra, n: Node, o: Sequence[Operand]) -> Operand:
    difference = a.add(o[0], o[1])
    return a.mean(a.mul(difference, difference))


def _lerp(a: Algebra, n: Node, o: Sequence[Operand]) -> Operand:
    return a.add(o[0], a.mul(a.add(o[1], o[0]), o[2] if len(o) > 2 else SCALAR))


def _addcmul(a: Algebra, n: Node, o: Sequence[Operand]) -> Operand:
    return a.add(o[0], a.mul(o[1], o[2]) if n.op == "addcmul" else a.div(o[1], o[2]))


def _embedding(a: Algebra, n: Node, o: Sequence[Operand]) -> Operand:
    return a.call("embedding", *o)


def _recurrent(a: Algebra, n: Node, o: Sequence[Operand]) -> Operand:
    layer = n.op.removesuffix("_cell")
    cells = layer == "lstm" and n.output == (1 if n.op.endswith("_cell") else 2)
    return a.recurrent(layer + CELLS if cells else layer, *o)


def _picked_loss(a: Algebra, n: Node, o: Sequence[Operand]) -> Operand:
    return a.mean(a.gathered(o[0], o[1]))


RULES: dict[str, Rule] = {
    **dict.fromkeys(("add", "sub", "rsub"), _sum_of_two),
    "mul": _product_of_two,
    "div": _quotient,
    "true_divide": _quotient,
    "reciprocal": _first(Algebra.recip),
    "neg": _first(Algebra.negated),
    "pow": _power,
    "square": _first(lambda a, x: a.power(x, 2)),
    "sqrt": _first(Algebra.sqrt),
    "rsqrt": _first(lambda a, x: a.recip(a.sqrt(x))),
    "exp": _first(Algebra.exp),
    "exp2": _first(lambda a, x: a.exp(a.scaled(x))),
    "expm1": _first(lambda a, x: a.add(a.exp(x), SCALAR)),
    "log": _first(Algebra.log),
    "log1p": _first(lambda a, x: a.log(a.add(x, SCALAR))),
    **dict.fromkeys(("log2", "log10"), _first(lambda a, x: a.scaled(a.log(x)))),
    "logsumexp": _first(lambda a, x: a.call("logsumexp", x)),
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
    **dict.fromkeys(("relu", "relu6", "clamp", "clamp_min", "hardtanh", "threshold"), _first(Algebra.clamp)),
    "clamp_max": _first(Algebra.capped),
    "hardsigmoid": _first(lambda a, x: a.scaled(a.clamp(a.add(x, SCALAR)))),
    **dict.fromkeys(("triu", "tril"), _first(lambda a, x: a.mul(x, TENSOR))),
    "gather": lambda a, n, o: a.gathered(o[0], o[1]),
    **dict.fromkeys(("gelu", "gelu_tanh"), _first(lambda a, x: a.call("gelu", x))),
    "glu": _first(_glu),
    "elu": lambda a, n, o: _scaled_elu(a, o[0]) if _number(n, 1) not in (None, 1) else a.call("elu", o[0]),
    "celu": _first(lambda a, x: a.call("elu", x)),
    "selu": _first(_scaled_elu),
    "softplus": _first(lambda a, x: a.call("softplus", x)),
    "log_sigmoid_forward": _first(lambda a, x: a.call("softplus", x)),
    "softsign": _first(lambda a, x: a.div(x, a.add(a.call("abs", x), SCALAR))),
    "tanhshrink": _first(lambda a, x: a.add(x, a.call("tanh", x))),
    **dict.fromkeys(("_prelu_kernel", "rrelu_with_noise"), _first(lambda a, x: a.call("leaky_relu", x))),
    "_softmax": _first(Algebra.softmax),
    "_safe_softmax": _first(Algebra.softmax),
    "_log_softmax": _first(lambda a, x: a.call("log_softmax", x)),
    **dict.fromkeys(("nll_loss_forward", "nll_loss2d_forward"), _picked_loss),
    "where": _where,
    "masked_fill": _masked,
    **dict.fromkeys(("gt", "ge", "lt", "le"), _compare),
    **dict.fromkeys(("mm", "bmm", "dot", "mv"), _matmul),
    **dict.fromkeys(("addmm", "baddbmm", "addmv", "addbmm"), _plus_matmul),
    "convolution": _convolution,
    **dict.fromkeys(("native_layer_norm", "native_group_norm"), _norm_with_own_statistics),
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
    **dict.fromkeys(("cat", "stack", "scatter"), lambda a, n, o: a.joined(*o)),
    "part": _slice,
    "unfold": _unfold,
    "im2col": _im2col,
    "erfc": _first(lambda a, x: a.add(a.call("erf", x), SCALAR)),
    "special_ndtr": _first(lambda a, x: a.scaled(a.add(a.call("erf", a.scaled(x)), SCALAR))),
    "embedding": _embedding,
    **{layer + cell: _recurrent for layer in RECURRENT for cell in ("", "_cell")},
}
