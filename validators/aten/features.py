"""What is told of a graph: keys for duplicates, features for contamination, figures for breadth.  Torch-free."""

from __future__ import annotations

import re
from collections import Counter
from hashlib import blake2b
from typing import Any

from validators.aten import loose as forms
from validators.aten.graph import Node, Recorded, reachable
from validators.aten.rules import both_forms
from validators.aten.settled import settled

#: nodes that move data and compute nothing
_MOVES = {"part", "scatter"}
_SPELLINGS = {
    **dict.fromkeys(("mm", "bmm", "addmm", "baddbmm", "mv", "addmv", "dot", "addbmm"), "matmul"),
    "native_batch_norm": "batch_norm",
    "log_sigmoid_forward": "logsigmoid",
    "linalg_vector_norm": "norm",
    "gelu_tanh": "gelu",
    "rsub": "sub",
}


def features(recorded: Recorded) -> dict[str, Any]:
    """Stage GRAPH's metrics, as JSON data.

    `strict` and `root` are 32 hex digits: the graph with shapes, dtypes, strides and arguments, and its loose form
    (`canonical`); `plain` is the same without products by 1 and sums with 0, `settled` that in the order of `settled`,
    `loose` the form itself (`loose.flattened`).  `operators` counts ATen operators, `edges` is
    `[producer, consumer, count]` of the data that flows between them; "input" is a tensor that the forward pass is
    given.  `wl2` is `[feature, count]` of the loose form, each node once with up to two hops.  `nodes`, `depth`,
    `width` (nodes of one depth), `joins` (nodes with two operands that depend on an input), `inputs`, `parameters` are
    whole numbers.
    """
    outputs, plain = both_forms(recorded)
    order = forms.below(outputs)
    loose = forms.flattened(outputs)
    flow = _Flow(recorded)
    depth: dict[int, int] = {}
    for expr in order:
        depth[id(expr)] = 1 + max((depth.get(id(o), 0) for o in expr.of), default=0)
    return {
        "strict": _together(node.strict for node in recorded.outputs),
        "root": forms.root(outputs),
        "plain": forms.root(plain),
        "settled": forms.root(settled(plain)),
        "operators": dict(sorted(flow.operators.items())),
        "edges": [[a, b, count] for (a, b), count in sorted(flow.edges.items())],
        "wl2": _counted(forms.neighbourhoods(loose)),
        "loose": loose,
        "nodes": len(order),
        "depth": max(depth.values(), default=0),
        "width": max(Counter(depth.values()).values(), default=0),
        "joins": sum(1 for e in order if len(e.of) > 1),
        "inputs": recorded.inputs,
        "parameters": recorded.parameters,
    }


class _Flow:
    """Operators and the data between them, as they ran: views and copies aside, parameters' own arithmetic too."""

    def __init__(self, recorded: Recorded) -> None:
        self.operators: Counter[str] = Counter()
        self.edges: Counter[tuple[str, str]] = Counter()
        seen: set[tuple[Any, ...]] = set()
        for node in reachable(recorded.outputs):
            # The same result under several shapes, or several results of one operator, are one node here.
            key = (node.op, tuple(map(id, node.inputs)), node.numbers)
            if not node.varies or node.op == "input" or node.op in _MOVES or key in seen:
                continue
            seen.add(key)
            name = operator_name(node)
            self.operators[name] += 1
            for child in node.inputs:
                for source in _sources(child):
                    self.edges[source, name] += 1


def _sources(node: Node | None) -> list[str]:
    if node is None or not node.varies:
        return []
    if node.op in _MOVES:
        return [source for child in node.inputs for source in _sources(child)]
    return ["input" if node.op == "input" else operator_name(node)]


def operator_name(node: Node) -> str:
    """The operator as people call it."""
    if node.op == "convolution":
        transposed = "_transpose" if any(value is True for value in node.numbers) else ""
        return f"conv{transposed}{len(node.shape) - 2}d"
    plain = re.sub(r"^_+|_with_indices$|_no_training$", "", node.op)
    plain = _SPELLINGS.get(plain, plain.removeprefix("native_"))
    return "batch_norm" if "batch_norm" in plain else plain


def _counted(counter: Counter[str]) -> list[list[Any]]:
    return [[feature, count] for feature, count in sorted(counter.items())]


def _together(parts: Any) -> str:
    digest = blake2b(digest_size=16)
    for part in parts:
        digest.update(part)
    return digest.hexdigest()
