"""Fake tensors: shapes, dtypes and devices without memory.

`torch._subclasses.fake_tensor` is private; read in torch 2.13.0.  `tests/validators/test_eager.py` fails when it
moves.
"""

from __future__ import annotations

from typing import Any

import torch
from torch._subclasses import fake_tensor

from validators.errors import message

# What fake tensors raise when real values would be needed.
FAKE_ONLY_ERRORS: tuple[type[BaseException], ...] = (
    fake_tensor.DataDependentOutputException,
    fake_tensor.DynamicOutputShapeException,
    fake_tensor.UnsupportedFakeTensorException,
    fake_tensor.UnsupportedOperatorException,
)
_MARKS = (
    "FakeTensor",
    "fake tensor",
    "fake mode",
    "meta tensor",
    "data-dependent",
    "__torch_dispatch__",
    "tensor subclasses",
)


class FakeMode(fake_tensor.FakeTensorMode):
    """A fake tensor mode that survives `copy.deepcopy` of its tensors.

    torch copies a fake tensor's mode along with it, after which the copy mixes with nothing; `nn.TransformerEncoder`
    clones its layers that way.
    """

    def __init__(self) -> None:
        super().__init__(allow_non_fake_inputs=True)

    def __deepcopy__(self, memo: dict[int, Any]) -> FakeMode:
        return self


_swap_tensors = torch.utils.swap_tensors


def _swap_forgetting(t1: torch.Tensor, t2: torch.Tensor) -> None:
    """`torch.utils.swap_tensors`, which refuses tensors that are weakly referenced, as a mode's memory of them is.

    `nn.Module.to` swaps a module's fake parameters, so a constructor that ends in `self.half()` depends on it.
    """
    for mode in {id(t.fake_mode): t.fake_mode for t in (t1, t2) if isinstance(t, fake_tensor.FakeTensor)}.values():
        if isinstance(mode, FakeMode):
            mode.fake_tensor_converter.meta_converter.tensor_memo.clear()
    _swap_tensors(t1, t2)


torch.utils.swap_tensors = _swap_forgetting


def is_fake(tensor: Any) -> bool:
    """True for a tensor without memory."""
    return isinstance(tensor, fake_tensor.FakeTensor)


def is_fake_only(error: BaseException) -> bool:
    """True when the error says something about fake tensors and nothing about the program."""
    return isinstance(error, FAKE_ONLY_ERRORS) or any(mark in message(error) for mark in _MARKS)
