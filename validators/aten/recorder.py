"""Records the ATen graph of a forward pass while it runs, on fake tensors or real ones.

One run is enough and nothing is compiled: a `TorchDispatchMode` sees every ATen operator below autograd, with views
and in-place operators as they come.  So aliasing is followed here: each storage has a version, which every write
raises, and a tensor whose storage was written through another alias stands for a part of what was written.  A slice
that is filled in place (as circular padding does) is thus never lost.

Recurrent layers are one node each, however many steps they take: a `TorchFunctionMode` sees them before they unroll.

Private: `torch.utils._python_dispatch.TorchDispatchMode` (no public name; read in torch 2.13.0 and 2.11.0),
`OpOverload._schema` and `.is_view`; `tests/validators/test_graph.py` fails when they move.
"""

from __future__ import annotations

import weakref
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from hashlib import blake2b
from typing import Any

import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from validators.aten.graph import Node, Number, Recorded
from validators.fake import is_fake
from validators.loading import tensors

#: new tensors, whatever they are like
_FRESH = {
    *("empty", "zeros", "ones", "full", "arange", "linspace", "eye", "scalar_tensor", "rand", "randn", "randperm"),
    *("new_empty", "new_zeros", "new_ones", "new_full", "new_empty_strided"),
    *("empty_like", "zeros_like", "ones_like", "full_like", "rand_like", "randn_like"),
}
#: those that hold one value, and which argument it is
_FILLED = {"scalar_tensor": 0, "full": 1, "full_like": 1, "new_full": 2}
#: of one element they are what they are made of
_REDUCTIONS = {"sum", "mean", "amax", "amin", "prod", "logsumexp", "max", "min"}
#: results that hold what their first argument does
ALIASES = {
    *("clone", "contiguous", "_to_copy", "to", "detach", "alias", "lift_fresh", "lift_fresh_copy", "copy", "positive"),
    *("_reshape_copy", "_unsafe_view", "view_copy", "resolve_conj", "resolve_neg", "_conj_physical"),
    *("flip", "rot90", "repeat", "expand_copy", "constant_pad_nd", "channel_shuffle", "pixel_shuffle"),
    *("pixel_unshuffle", "tile", "col2im"),
}
RECURRENT = {"lstm", "gru", "rnn_tanh", "rnn_relu", "lstm_cell", "gru_cell", "rnn_tanh_cell", "rnn_relu_cell"}


class Recorder(TorchDispatchMode):
    """Active around one forward pass; `give` names its inputs before, `finish` takes its output after."""

    def __init__(self) -> None:
        super().__init__()
        self.paused = False
        self._tensors: dict[int, tuple[weakref.ref[torch.Tensor], int, Node]] = {}
        self._storages: dict[int, tuple[int, Node]] = {}
        self._leaves: Counter[str] = Counter()
        self._given = 0

    def give(self, value: Any) -> None:
        """The tensors of a nest are inputs of the forward pass, in order."""
        for tensor in tensors(value):
            leaf = f"input {self._given} {_geometry(tensor)}"
            self._given += 1
            self._set(tensor, Node("input", (), (), 0, tuple(tensor.shape), tensor.numel(), _digest(leaf), True))

    def finish(self, output: Any, model: nn.Module) -> Recorded:
        """The graph below the tensors of `output`."""
        found = tuple(self.node(tensor) for tensor in tensors(output))
        return Recorded(found, self._given, sum(1 for _ in model.parameters()))

    def node(self, tensor: torch.Tensor) -> Node:
        """What a tensor stands for now."""
        known = self._tensors.get(id(tensor))
        key = _storage_key(tensor)
        version, whole = self._storages.get(key, (0, None))
        if known is not None and known[0]() is tensor and known[1] == version:
            return known[2]
        if whole is None:
            shape = f"{_geometry(tensor)}"
            self._leaves[shape] += 1  # two parameters of one shape are two leaves
            node = _constant(tensor, _digest(f"{shape} {self._leaves[shape]}"))
        else:
            node = _view(whole, tensor, f"as {_geometry(tensor)} {tensor.storage_offset()}")
        self._set(tensor, node)
        return node

    def _set(self, tensor: torch.Tensor, node: Node) -> None:
        key = _storage_key(tensor)
        if key not in self._storages:
            self._storages[key] = (0, node)
            if key >= 0:
                weakref.finalize(tensor.untyped_storage(), self._storages.pop, key, None)
        self._tensors[id(tensor)] = (weakref.ref(tensor), self._storages[key][0], node)

    def _write(self, tensor: torch.Tensor, node: Node) -> None:
        """An operator has written `node` into what `tensor` shows of its storage."""
        key = _storage_key(tensor)
        version, whole = self._storages.get(key, (0, None))
        self._tensors[id(tensor)] = (weakref.ref(tensor), version + 1, node)
        if whole is not None and node.elements < whole.elements:
            old = None if whole.op in ("constant", "zeros") else whole
            strict = _digest(b"part", whole.strict, node.strict, f"{_geometry(tensor)} {tensor.storage_offset()}")
            varies = node.varies or whole.varies
            pieces = (old, node) if old else (node,)
            node = Node("scatter", pieces, (), 0, whole.shape, whole.elements, strict, varies)
        self._storages[key] = (version + 1, node)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if self.paused:
            return func(*args, **kwargs)
        schema = func._schema
        name = schema.name.partition("::")[2]
        given = [*args, *(kwargs[argument.name] for argument in schema.arguments if argument.name in kwargs)]
        written = [
            value
            for argument, value in [*zip(schema.arguments, args, strict=False), *_by_name(schema, kwargs)]
            if argument.alias_info is not None and argument.alias_info.is_write
        ]
        # Before the call: an in-place operator changes what its arguments stand for.
        operands = [self.node(value) if isinstance(value, torch.Tensor) else None for value in _flat(given)]
        output = func(*args, **kwargs)
        text = repr([_plain(value) for value in _flat(given)])
        numbers = tuple(v for v in _flat(given) if isinstance(v, int | float | bool))
        for index, tensor in enumerate(_tensors_of(output)):
            known = self._tensors.get(id(tensor))
            if known is not None and known[0]() is tensor and not written:
                continue  # handed through
            strict = _digest(str(func), text, str(index), *(o.strict for o in operands if o))
            shape, varies = tuple(tensor.shape), any(o.varies for o in operands if o)
            first = operands[0] if operands else None
            if written:
                self._after_write(_named(name, args, kwargs), operands, numbers, index, tensor, strict, varies)
            elif (
                first is not None
                and name != "unfold"
                and (func.is_view or _shares(tensor, args) or _is_alias(name, tensor, first))
            ):
                self._set(tensor, _view(first, tensor, strict))
            else:
                inputs = tuple(_positions(operands, given))
                if name in _FRESH or not any(inputs):
                    node = _constant(tensor, strict, "zeros" if "zeros" in name else "constant", _filled(name, args))
                else:
                    op = _named(name, args, kwargs)
                    node = Node(op, inputs, numbers, index, shape, tensor.numel(), strict, varies)
                self._set(tensor, node)
        return output

    def _after_write(
        self,
        name: str,
        operands: list[Node | None],
        numbers: tuple[Number, ...],
        index: int,
        tensor: torch.Tensor,
        strict: bytes,
        varies: bool,
    ) -> None:
        present = [o for o in operands if o is not None]
        if name == "copy" and len(present) > 1:
            node = _view(present[1], tensor, strict)
        elif name in ("zero", "fill") or name.startswith(("normal", "uniform", "random", "bernoulli", "exponential")):
            value = present[1] if name == "fill" and len(present) > 1 else None
            node = value or _constant(tensor, strict, "zeros" if name == "zero" else "constant")
        elif name in _FRESH:
            node = _constant(tensor, strict)
        else:
            node = Node(name, tuple(operands), numbers, index, tuple(tensor.shape), tensor.numel(), strict, varies)
        self._write(tensor, node)


class _Recurrent(TorchFunctionMode):
    """Makes one node of a recurrent layer."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__()
        self._recorder = recorder

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "")
        recorder = self._recorder
        if name not in RECURRENT or recorder.paused or not any(True for _ in tensors(list(args))):
            return func(*args, **kwargs)
        operands = tuple(recorder.node(tensor) for tensor in tensors(list(args)))
        recorder.paused = True
        try:
            output = _one_step(func, args) if _is_fake_sequence(name, args) else func(*args, **kwargs)
        finally:
            recorder.paused = False
        rest = repr([_plain(value) for value in _flat([*args, *kwargs.values()])])
        for index, tensor in enumerate(tensors(output)):
            strict = _digest(name, rest, str(index), *(o.strict for o in operands))
            varies = any(o.varies for o in operands)
            shape, elements = tuple(tensor.shape), tensor.numel()
            recorder._set(tensor, Node(name, operands, (), index, shape, elements, strict, varies))
        return output


def _is_fake_sequence(name: str, args: Any) -> bool:
    """Whether it runs over a padded sequence of fake tensors: `(input, state, weights, ..., batch_first)`."""
    layer = not name.endswith("_cell") and len(args) >= 9 and isinstance(args[8], bool)
    return layer and is_fake(args[0])


def _one_step(func: Any, args: Any) -> Any:
    """What the layer returns for the whole sequence, from one step of it: fake tensors have shapes only."""
    axis = 1 if args[8] and args[0].dim() == 3 else 0
    steps = args[0].shape[axis]
    output, *states = func(args[0].narrow(axis, 0, 1), *args[1:])
    shape = [*output.shape[:axis], steps, *output.shape[axis + 1 :]]
    return output.new_empty(shape), *states


def record(model: nn.Module, inputs: list[Any], run: Callable[[], Any]) -> Recorded:
    """The graph of `run()`, a forward pass of `model` on `inputs`, without gradients.

    Attention is taken apart into its products and softmax, whatever kernel it would use.
    """
    recorder = Recorder()
    with ExitStack() as stack:
        stack.enter_context(torch.no_grad())
        stack.enter_context(sdpa_kernel(SDPBackend.MATH))
        stack.enter_context(recorder)
        stack.enter_context(_Recurrent(recorder))
        recorder.give(inputs)
        return recorder.finish(run(), model)


def _view(base: Node, tensor: torch.Tensor, strict: bytes | str) -> Node:
    """`base` under another shape; a smaller view is a part of it."""
    digest = strict if isinstance(strict, bytes) else _digest(base.strict, strict)
    if tensor.numel() < base.elements and base.op not in ("constant", "zeros", "part"):
        return Node("part", (base,), (), 0, tuple(tensor.shape), tensor.numel(), digest, base.varies)
    return replace(base, elements=tensor.numel(), strict=digest)


def _constant(tensor: torch.Tensor, strict: bytes, op: str = "constant", value: tuple[Number, ...] = ()) -> Node:
    return Node(op, (), value, 0, tuple(tensor.shape), tensor.numel(), strict, False)


def _filled(name: str, args: Any) -> tuple[Number, ...]:
    """The value of all elements of a new tensor, where it is known."""
    at = _FILLED.get(name, len(args))
    if "ones" in name:
        return (1,)
    return (args[at],) if at < len(args) and isinstance(args[at], int | float) else ()


def _is_alias(name: str, tensor: torch.Tensor, operand: Node) -> bool:
    """Whether a new tensor holds what the operand does: a copy, or a reduction that has nothing to reduce."""
    whole = name in _REDUCTIONS and tensor.numel() == operand.elements and tensor.is_floating_point()
    return name in ALIASES or whole


def _storage_key(tensor: torch.Tensor) -> int:
    try:
        return int(tensor.untyped_storage()._cdata)
    except (NotImplementedError, RuntimeError):  # sparse and other layouts without one
        return -id(tensor)


def _geometry(tensor: torch.Tensor) -> str:
    strides = tuple(tensor.stride()) if tensor.layout == torch.strided else ()
    return f"{tensor.dtype} {tuple(tensor.shape)} {strides}"


def _digest(*parts: bytes | str) -> bytes:
    digest = blake2b(digest_size=16)
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(4, "little") + data)
    return digest.digest()


def _named(name: str, args: Any, kwargs: dict[str, Any]) -> str:
    """The operator; those that one argument makes another one of are two."""
    if name == "gelu" and kwargs.get("approximate") == "tanh":
        return "gelu_tanh"
    if name.rstrip("_") == "clamp" and (kwargs.get("min") if len(args) < 2 else args[1]) is None:
        return "clamp_max"
    if name == "pow" and args and not isinstance(args[0], torch.Tensor):
        return "exp2"  # a number to the power of a tensor
    return name.rstrip("_")


def _by_name(schema: Any, kwargs: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    return ((argument, kwargs[argument.name]) for argument in schema.arguments if argument.name in kwargs)


def _flat(value: Any) -> Iterator[Any]:
    if isinstance(value, list | tuple):
        for item in value:
            yield from _flat(item)
    else:
        yield value


def _positions(operands: list[Node | None], given: list[Any]) -> Iterator[Node | None]:
    """Tensor operands in order; None for an optional tensor that is missing, nothing for numbers."""
    for operand, value in zip(operands, _flat(given), strict=True):
        if operand is not None or value is None:
            yield operand


def _plain(value: Any) -> str:
    if isinstance(value, torch.Generator):
        return f"generator {value.initial_seed()}"  # its repr holds an address, which differs from run to run
    return "tensor" if isinstance(value, torch.Tensor) else repr(value)


def _tensors_of(output: Any) -> Iterator[torch.Tensor]:
    return (value for value in _flat(output) if isinstance(value, torch.Tensor))


def _shares(tensor: torch.Tensor, args: Any) -> bool:
    first = next((a for a in _flat(args) if isinstance(a, torch.Tensor)), None)
    return first is not None and _storage_key(first) == _storage_key(tensor)
