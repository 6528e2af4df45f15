"""Inputs keep their strides through a proof, and constructors may cast their parameters."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from validators.fake import FakeMode
from validators.loading import duplicate
from validators.proof import draws

VIEWS = {
    "every second": lambda: torch.randn(4, 12)[:, ::2],
    "without a border": lambda: torch.randn(2, 8, 6)[:, 1:-1],
    "turned and cut": lambda: torch.randn(2, 6, 8).transpose(1, 2)[..., 1:],
    "channels last": lambda: torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last),
    "one row": lambda: torch.randn(1, 6)[:, ::2],
    "empty": lambda: torch.randn(0, 6)[:, ::2],
}


@pytest.mark.parametrize("name", VIEWS)
def test_a_duplicate_has_the_same_strides_and_other_memory(name: str) -> None:
    tensor = VIEWS[name]()
    made = duplicate(tensor)
    assert torch.equal(made, tensor) and made.stride() == tensor.stride()
    assert made.numel() == 0 or made.data_ptr() != tensor.data_ptr()


def test_elements_that_share_memory_are_copied_apart() -> None:
    for tensor in (
        torch.randn(3, 1).expand(3, 4),
        torch.randn(6).unfold(0, 3, 1),
        torch.randn(8).as_strided((3, 3), (2, 1)),
    ):
        made = duplicate(tensor)
        assert torch.equal(made, tensor)
        made[0, 0] += 1
        assert int((made != tensor).sum()) == 1


@pytest.mark.parametrize("scale", [1.0, 3.0])
def test_drawn_inputs_lie_as_the_programs_own(scale: float) -> None:
    given = [VIEWS[name]() for name in VIEWS if name != "empty"]
    drawn = draws.inputs(given, torch.Generator().manual_seed(0), scale)
    assert [t.stride() for t in drawn] == [t.stride() for t in given]


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
def test_a_constructor_may_cast_fake_parameters(dtype: torch.dtype) -> None:
    """`nn.Module.to` swaps fake tensors, which torch refuses while the fake mode remembers them."""

    class Cast(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.randn(3, 4))
            self.layers = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Embedding(3, 4))
            self.to(dtype)

    with FakeMode(), torch.no_grad():
        model = Cast()
        assert {p.dtype for p in model.parameters()} == {dtype}
        assert torch.matmul(torch.randn(2, 3, dtype=dtype), model.weight).shape == (2, 4)
