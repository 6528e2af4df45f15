"""The operators of a graph as the compiler sees them after its passes, and what each of them computes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from torch.utils.flop_counter import flop_registry

# Operators that only place, copy or make elements.
_MOVES = {"alias", "as_strided", "cat", "clone", "constant_pad_nd", "copy", "detach", "diagonal", "embedding"}
_MOVES |= {"empty", "expand", "eye", "fill", "flip", "full", "full_like", "gather", "index", "index_put"}
_MOVES |= {"index_select", "iota", "lift_fresh_copy", "new_empty", "new_full", "new_ones", "new_zeros", "ones"}
_MOVES |= {"ones_like", "permute", "repeat", "reshape", "roll", "rand", "randn", "scalar_tensor", "scatter"}
_MOVES |= {"select", "select_scatter", "slice", "slice_scatter", "split", "split_with_sizes", "squeeze", "stack"}
_MOVES |= {"t", "to_copy", "transpose", "unbind", "unfold", "unsafe_index", "unsafe_view", "unsqueeze", "view"}
_MOVES |= {"convert_element_type", "device_put", "empty_strided", "zeros", "zeros_like", "where", "inductor_seeds"}
_MOVES |= {"inductor_lookup_seed", "getitem", "reflection_pad1d", "reflection_pad2d", "reflection_pad3d"}
_MOVES |= {"replication_pad1d", "replication_pad2d", "replication_pad3d"}
_REDUCTIONS = {"all", "amax", "amin", "any", "argmax", "argmin", "cummax", "cummin", "cumprod", "cumsum"}
_REDUCTIONS |= {"logcumsumexp", "max", "mean", "min", "prod", "sort", "sum", "var", "var_mean", "std", "logsumexp"}
_REDUCTIONS |= {"max_pool2d_with_indices", "avg_pool2d", "avg_pool3d", "prepare_softmax_online", "median", "topk"}


@dataclass(frozen=True)
class Operation:
    """One operator of the decomposed graph."""

    flops: int
    is_product: bool = False
    is_elementwise: bool = False  # a convolution of one channel per group


def operations(graph: Any) -> dict[str, Operation]:
    """The operators of an FX graph after Inductor's passes, by the name its comments use.

    Sizes have to be numbers.
    """
    found: dict[str, Operation] = {}
    for node in graph.nodes:
        if node.op != "call_function":
            continue
        packet = getattr(node.target, "overloadpacket", None)
        name = str(packet or getattr(node.target, "__name__", node.target)).split(".")[-1].removeprefix("_")
        inputs = [a for a in _leaves([node.args, node.kwargs]) if hasattr(a, "shape")]
        output = next(iter(_leaves(node.meta.get("val"))), None)
        sizes = [_size(tensor) for tensor in inputs]
        made = _size(output) if hasattr(output, "shape") else 0
        if name == "recurrent":  # ours (`recurrence.py`): a product of the hidden state and the weights each step
            gates, weight = node.args[0].meta["val"], node.args[1].meta["val"]
            found[node.name] = Operation(2 * int(gates.shape[0] * gates.shape[1]) * _size(weight), True)
        elif packet in flop_registry:
            count = int(flop_registry[packet](*_values(node.args), **_values(node.kwargs), out_val=node.meta["val"]))
            found[node.name] = Operation(count, True, name == "convolution" and inputs[1].shape[1] == 1)
        elif name in _MOVES:
            found[node.name] = Operation(0)
        else:
            found[node.name] = Operation(max(sizes, default=0) if name in _REDUCTIONS else made)
    return found


def _size(tensor: Any) -> int:
    return math.prod(int(size) for size in tensor.shape)


def _values(value: Any) -> Any:
    """Arguments with FX nodes replaced by their fake tensors."""
    if isinstance(value, list | tuple):
        return [_values(item) for item in value]
    if isinstance(value, dict):
        return {key: _values(item) for key, item in value.items()}
    return value.meta.get("val") if hasattr(value, "meta") and hasattr(value, "users") else value


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, list | tuple):
        return [leaf for item in value for leaf in _leaves(item)]
    if isinstance(value, dict):
        return _leaves(list(value.values()))
    value = _values(value)
    return _leaves(value) if isinstance(value, list | tuple) else [value]
