"""Autograd's walk over its graph, in Python, for tensors on a CUDA device that is not there.

The C++ engine asks the device for its streams and starts a thread for it, and cannot do without.  `torch.func.vjp` on
fake CUDA tensors needs the walk all the same, to trace it.  This one does in the calling thread what
torch/csrc/autograd/engine.cpp does: nodes in the order of their dependencies, the youngest first among those that are
ready, gradients of one place added up, reduced to the shape and cast to the dtype of what they are the gradient of.
Hooks are not run: what is traced has none.

The order is the engine's, so the traced sums are those of eager; NUMERICS compares them anyway.

Private, read in torch 2.13.0 and 2.11.0 (`tests/validators/test_engine.py` fails when they move):
`torch.autograd.Variable._execution_engine`, where `torch.autograd.grad` looks for its engine, and the arguments of its
`run_backward`; `Node._sequence_nr`, `Node._input_metadata`, `AccumulateGrad.variable`.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from itertools import count
from typing import Any

import torch


def install() -> None:
    """Walk in Python from now on where the outputs are on a CUDA device; can be called again."""
    found = torch.autograd.Variable._execution_engine
    if not isinstance(found, _Engine):
        torch.autograd.Variable._execution_engine = _Engine(found)  # type: ignore[assignment]


class _Engine:
    """Stands in for `torch._C._EngineBase`."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def run_backward(
        self,
        outputs: Sequence[torch.Tensor],
        grad_outputs: Sequence[torch.Tensor | None],
        keep_graph: bool,
        create_graph: bool,
        inputs: Sequence[torch.Tensor] = (),
        allow_unreachable: bool = False,
        accumulate_grad: bool = False,
    ) -> tuple[torch.Tensor | None, ...]:
        """The gradients of `inputs`, as `torch.autograd.grad` asks for them; `backward()` has no use here."""
        if accumulate_grad or outputs[0].device.type != "cuda":
            found: tuple[torch.Tensor | None, ...] = self._real.run_backward(
                *(outputs, grad_outputs, keep_graph, create_graph, inputs, allow_unreachable, accumulate_grad)
            )
            return found
        with torch.set_grad_enabled(create_graph):
            gradients = _walk(outputs, grad_outputs, inputs)
        if not allow_unreachable and any(gradient is None for gradient in gradients):
            raise RuntimeError("One of the differentiated Tensors appears to not have been used in the graph.")
        return gradients


def _walk(
    outputs: Sequence[torch.Tensor], grad_outputs: Sequence[torch.Tensor | None], inputs: Sequence[torch.Tensor]
) -> tuple[torch.Tensor | None, ...]:
    nodes, waits = _graph([tensor.grad_fn for tensor in outputs if tensor.grad_fn is not None])
    wanted = {_place(tensor) for tensor in inputs}
    given: dict[int, dict[int, torch.Tensor]] = {}  # what has come in so far, by node and place
    found: dict[tuple[int, int], torch.Tensor] = {}
    for tensor, gradient in zip(outputs, grad_outputs, strict=True):
        if tensor.grad_fn is not None:
            _add(given, tensor.grad_fn, tensor.output_nr, gradient)
        elif gradient is not None:
            found[_place(tensor)] = found[_place(tensor)] + gradient if _place(tensor) in found else gradient
    order = count()
    ready = [(-node._sequence_nr(), next(order), node) for key, node in nodes.items() if not waits[key]]
    heapq.heapify(ready)
    while ready:
        node = heapq.heappop(ready)[-1]
        arrived = given.pop(id(node), {})
        for place, gradient in arrived.items():
            key = (id(node.variable), 0) if hasattr(node, "variable") else (id(node), place)
            if key in wanted:
                found[key] = found[key] + gradient if key in found else gradient
        made: Any = [None] * len(node.next_functions)
        if arrived and made:  # a leaf leads nowhere
            made = node(*(arrived.get(place) for place in range(len(node._input_metadata))))
            made = made if isinstance(made, tuple) else (made,)
        for (following, place), gradient in zip(node.next_functions, made, strict=True):
            if following is None:
                continue
            _add(given, following, place, gradient)
            waits[id(following)] -= 1
            if not waits[id(following)]:
                heapq.heappush(ready, (-following._sequence_nr(), next(order), following))
    return tuple(found.get(_place(tensor)) for tensor in inputs)


def _place(tensor: torch.Tensor) -> tuple[int, int]:
    """Where a tensor's gradient arrives: at its node, or at itself if it is a leaf.

    `get_gradient_edge` would ask a leaf for its node, which a tensor of a functorch level that has ended cannot say.
    """
    return (id(tensor), 0) if tensor.grad_fn is None else (id(tensor.grad_fn), tensor.output_nr)


def _graph(roots: list[Any]) -> tuple[dict[int, Any], dict[int, int]]:
    """The nodes that `roots` lead to, and how many edges lead to each; held, or Python would make new ones of them."""
    nodes = {id(node): node for node in roots}
    waits = dict.fromkeys(nodes, 0)
    pending = list(nodes.values())
    while pending:
        for following, _ in pending.pop().next_functions:
            if following is None:
                continue
            if id(following) not in nodes:
                nodes[id(following)] = following
                waits[id(following)] = 0
                pending.append(following)
            waits[id(following)] += 1
    return nodes, waits


def _add(given: dict[int, dict[int, torch.Tensor]], node: Any, place: int, gradient: torch.Tensor | None) -> None:
    """One more gradient for an input of `node`, in the shape and dtype it was declared with (`validate_outputs`)."""
    if gradient is None:
        return
    declared = node._input_metadata[place]
    if gradient.shape != declared.shape:
        gradient = gradient.sum_to_size(declared.shape)
    gradient = gradient.to(declared.dtype)
    there = given.setdefault(id(node), {})
    there[place] = there[place] + gradient if place in there else gradient
