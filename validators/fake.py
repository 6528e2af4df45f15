"""Fake tensors: shapes, dtypes and devices without memory.

`torch._subclasses.fake_tensor` is private; read in torch 2.13.0.  `tests/validators/test_eager.py` fails when it
moves.
"""

from __future__ import annotations

from typing import Any

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


def is_fake(tensor: Any) -> bool:
    """True for a tensor without memory."""
    return isinstance(tensor, fake_tensor.FakeTensor)


def is_fake_only(error: BaseException) -> bool:
    """True when the error says something about fake tensors and nothing about the program."""
    return isinstance(error, FAKE_ONLY_ERRORS) or any(mark in message(error) for mark in _MARKS)
