"""A program as the process of its emitted text knows it: data that stands in for what the text must not meet.

The text's class is built from the program's constructor arguments and called with its inputs.  For stage COMPILED the
geometry of the inputs is enough, so that is all that crosses.
"""

from __future__ import annotations

import types
import warnings
from dataclasses import dataclass, field
from typing import Any

import torch

from validators import codegen
from validators.fake import FakeMode
from validators.loading import Loaded, Refused, map_tensors
from validators.verdict import Reason


def outline(loaded: Loaded) -> dict[str, Any]:
    """Constructor arguments, and inputs whose tensors are empty, with the geometry of each apart.  Raises Refused."""
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        args, kwargs = loaded.init_inputs()
        with FakeMode(), torch.device("cuda"):
            inputs = _inputs(loaded)
        geometries: list[list[Any]] = []

        def emptied(tensor: torch.Tensor) -> torch.Tensor:
            elements = tensor.untyped_storage().nbytes() // tensor.element_size()
            shape, stride = list(tensor.shape), list(tensor.stride())
            geometries.append([tensor.dtype, shape, stride, tensor.storage_offset(), elements])
            return torch.empty(0)

        nest = map_tensors(emptied, inputs)
    return {"args": list(args), "kwargs": kwargs, "inputs": nest, "geometries": geometries}


def _inputs(loaded: Loaded) -> list[Any]:
    """As fake CUDA tensors, made for real first where their making needs real values."""
    moved: dict[int, torch.Tensor] = {}
    return list(map_tensors(lambda tensor: codegen.moved_to_cuda(tensor, moved), _made_somehow(loaded)))


def _made_somehow(loaded: Loaded) -> list[Any]:
    try:
        return loaded.inputs()
    except Refused as refused:
        if refused.reason is Reason.OUT_OF_MEMORY:
            raise
    except Exception:
        pass  # fake tensors cannot do what it asks of them
    inputs: list[Any] = codegen.for_real(loaded.inputs)
    return inputs


@dataclass(frozen=True)
class StandIn(Loaded):
    """What the program's process said of the program, without the program."""

    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)
    nest: Any = ()
    geometries: tuple[Any, ...] = ()

    def init_inputs(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """On the default device, as the program itself would have made them."""
        device = torch.empty(0).device
        args, kwargs = map_tensors(lambda tensor: tensor.to(device), (self.args, self.kwargs))
        return args, dict(kwargs)

    def inputs(self) -> list[Any]:
        """Tensors of the outlined geometry on the default device, of no particular values."""
        geometries = iter(self.geometries)
        return list(map_tensors(lambda _: _made(*next(geometries)), self.nest))


def stand_in(entry_point: str, told: dict[str, Any]) -> StandIn:
    """For a program of which `outline`, or `sides.EagerSide.describe`, was told."""
    namespace = types.ModuleType("synth_told")
    vars(namespace).update(told.get("tensors", {}))
    return StandIn(
        namespace,
        entry_point,
        args=tuple(told["args"]),
        kwargs=told["kwargs"],
        nest=told.get("inputs", ()),
        geometries=tuple(told.get("geometries", ())),
    )


def _made(dtype: torch.dtype, shape: list[int], stride: list[int], offset: int, elements: int) -> torch.Tensor:
    return torch.empty(elements, dtype=dtype).as_strided(shape, stride, offset)
