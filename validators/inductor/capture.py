"""Inductor's Triton program for a model, with every argument and output of it named.

With `offline_cuda.py` the only file that reaches into private parts of torch's compiler; read in torch 2.13.0 and
2.11.0, `tests/validators/test_codegen.py` fails when they move:
  `GraphLowering.compile_to_module`, `.codegen`, `.graph`, `.graph_outputs`, `.constants`
      patched and read to get the text without loading it; if they move, no text is captured (CaptureError);
  `GraphLowering.constant_name`, `.constant_reprs`, `.allocated_constant_name`
      patched, because the real one copies tensor constants to a device that is not there; if it moves, programs with
      tensor constants fail to compile;
  `torch._inductor.config`, `torch._functorch.config`, `torch._dynamo.config`
      switches; an unknown one raises when it is set.

How arguments and outputs get their names: `torch.compile` is called for real, on fake CUDA tensors, and where the
compiled kernels would run, a stand-in notes *which tensor objects* it is given and answers with marked ones.  What
Dynamo's and AOTAutograd's own run-time code then makes of the marked tensors is the model's output.  Nothing is
matched by shape: two inputs of equal shape can't be mistaken for each other.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import torch
import torch._dynamo
import torch._dynamo.config
import torch._functorch.config
import torch._inductor.config
from torch import nn
from torch._inductor.graph import GraphLowering

from validators.fake import FakeMode
from validators.inductor.corrections import corrected
from validators.inductor.operations import Operation, operations


class CaptureError(Exception):
    """The compiler finished without a graph: there was nothing to compile."""


class SeveralGraphsError(Exception):
    """The compiler made more than one graph, as it does where hooks run around `forward`."""


class DataDependentError(Exception):
    """An output's size depends on the values of the inputs."""


@dataclass
class Capture:
    """One compiled graph: its text, the tensors `call` was given, the marked tensors it answered with."""

    text: str
    arguments: list[Any] = field(default_factory=list)
    results: list[Any] = field(default_factory=list)
    constants: dict[str, torch.Tensor] = field(default_factory=dict)
    operations: dict[str, Operation] = field(default_factory=dict)


# Why each switch: with the caches on, a cached graph comes back without its text; `shape_padding` and
# `joint_graph_constant_folding` run real CUDA tensors; a compile worker pool imports torch again in every worker.
# All of them also make the text a function of the program alone.
INDUCTOR_CONFIG: dict[str, Any] = {
    "fx_graph_cache": False,
    "fx_graph_remote_cache": False,
    "shape_padding": False,
    "joint_graph_constant_folding": False,
    "compile_threads": 1,
    "triton.autotune_at_compile_time": False,
    "triton.store_cubin": False,
}
FUNCTORCH_CONFIG: dict[str, Any] = {"enable_autograd_cache": False, "enable_remote_autograd_cache": False}
# Recurrent modules are inlined; parameters and sizes are static, since a pair is for the shapes it was made with.
# A warning raised while tracing is moved behind the graph instead of breaking it.
# Collecting garbage after a compilation is time lost in a process that ends with its program.
DYNAMO_CONFIG: dict[str, Any] = {
    "reorderable_logging_functions": {warnings.warn},
    "allow_rnn": True,
    "assume_static_by_default": True,
    "automatic_dynamic_shapes": False,
    "suppress_errors": False,
    "recompile_limit": 8,
    "run_gc_after_compile": False,
}


def configured() -> AbstractContextManager[Any]:
    """The compiler settings, and corrections, under which every pair is made."""
    stack = ExitStack()
    stack.enter_context(torch._inductor.config.patch(INDUCTOR_CONFIG))
    stack.enter_context(torch._functorch.config.patch(FUNCTORCH_CONFIG))
    stack.enter_context(torch._dynamo.config.patch(DYNAMO_CONFIG))
    stack.enter_context(corrected())
    return stack


def capture(model: nn.Module, inputs: Sequence[Any]) -> tuple[Capture, Any]:
    """Compile `model` for `inputs` (fake CUDA tensors, in an active fake mode) and run it on marked tensors.

    Returns the graph and the model's output as the compiled model would return it, with marked tensors in the
    places of computed ones.  Raises CaptureError, or whatever Dynamo, AOTAutograd or Inductor raise.
    """
    captures: list[Capture] = []
    graphs: list[Any] = []

    def compile_to_module(graph: GraphLowering) -> Any:
        wrapper, _ = graph.codegen()
        found = Capture(wrapper.value, constants=dict(graph.constants))
        graphs.append(graph.graph)
        captures.append(found)
        return _StandIn(_marker(graph, found))

    torch._dynamo.reset()
    with (
        configured(),
        mock.patch.object(GraphLowering, "compile_to_module", compile_to_module),
        mock.patch.object(GraphLowering, "constant_name", _constant_name),
    ):
        output = torch.compile(model, fullgraph=True, dynamic=False)(*inputs)
    if len(captures) > 1:
        raise SeveralGraphsError(f"{len(captures)} graphs were compiled, one was expected")
    if not captures:
        raise CaptureError("there was nothing to compile")
    if not captures[0].arguments and not captures[0].results:
        raise CaptureError("the compiled graph was never called")
    captures[0].operations = operations(graphs[0])
    return captures[0], output


def _constant_name(graph: GraphLowering, name: str, device: torch.device | None) -> str:
    """The name of a tensor constant on `device`: a fake copy there, which keeps the real one as its value."""
    value = graph.constants[name]
    if device is None or value.device == device:
        return name
    copied = f"{name}_{device.type}{device.index or 0}"
    if copied not in graph.constants:
        with FakeMode():
            fake: Any = torch.empty_strided(value.size(), value.stride(), dtype=value.dtype, device=device)
        fake.constant = value
        graph.constants[copied] = fake
        graph.constant_reprs[copied] = graph.constant_reprs[name]
        graph.allocated_constant_name[copied] = copied
    return copied


class _StandIn:
    """Takes the place of the module that Inductor would load from the text."""

    def __init__(self, call: Callable[[list[Any]], list[Any]]) -> None:
        self.call = call


def _marker(graph: GraphLowering, found: Capture) -> Callable[[list[Any]], list[Any]]:
    outputs = list(graph.graph_outputs)

    def call(args: list[Any]) -> list[Any]:
        found.arguments[:] = args
        # Each position gets a tensor of its own, even where two share a buffer: the position is the name.
        found.results[:] = [_marked(node) for node in outputs]
        args.clear()
        return list(found.results)

    return call


def _marked(node: Any) -> Any:
    if type(node).__name__ == "NoneAsConstantBuffer":
        return None
    try:
        if type(node).__name__ == "ShapeAsConstantBuffer":
            return int(node.expr)
        size = [int(s) for s in node.get_size()]
        stride = [int(s) for s in node.get_stride()]
    except TypeError as error:  # what sympy raises for a symbol
        raise DataDependentError("an output's size is not a number before the program runs") from error
    return torch.empty_strided(size, stride, dtype=node.get_dtype(), device=node.get_device())
