"""Where Inductor is wrong, the pair is right."""

from __future__ import annotations

import pytest
from warm_pool import WarmPool

from validators.verdict import Program

FRACTIONAL_POOLING_AND_ATAN = """
import torch
import torch.nn as nn

class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(3, 1, 1, 1))

    def forward(self, x):
        samples = torch.tensor([[[0.1, 0.45, 0.8]] * 3] * 2, device=x.device)
        x = torch.nn.functional.fractional_max_pool3d(x * self.scale, 2, (3, 4, 5), _random_samples=samples)
        return x.atan()

def get_inputs():
    return [torch.randn(2, 3, 7, 11, 13)]

def get_init_inputs():
    return [[], {}]
"""
# one tap of nine falls on the pixel, which the epilogue of the first convolution's template still holds in a register
DEPTHWISE_AFTER_A_TEMPLATE = """
import torch
import torch.nn as nn

class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.expand = nn.Conv2d(8, 16, 1)
        self.depth = nn.Conv2d(16, 16, 3, padding=1, groups=16)

    def forward(self, x):
        y = torch.nn.functional.silu(self.expand(x))
        return self.depth(y), y

def get_inputs():
    return [torch.randn(4, 8, 1, 1)]

def get_init_inputs():
    return [[], {}]
"""
# Inductor's own lowerings alone: the padding is fused with the reduction before it
PADDING_AFTER_A_REDUCTION = """
import torch
import torch.nn as nn

class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(16))

    def forward(self, x):
        y = (x * self.scale).softmax(1).view(4, 16, 1).amax(1, keepdim=True)
        return torch.nn.functional.pad(y, (1, 1), value=3.0)[:, :, 0:1] + y

def get_inputs():
    return [torch.randn(4, 16)]

def get_init_inputs():
    return [[], {}]
"""
# what the padding reads is a clamped index into a flattened view of flipped axes
PADDING_OF_A_FLATTENED_ROTATION = """
import torch
import torch.nn as nn

class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.pad = nn.ReplicationPad1d(2)

    def forward(self, x):
        return torch.sinh(self.pad(torch.rot90(x, 1, dims=(2, 3)).flatten(2)))

def get_inputs():
    return [torch.randn(2, 3, 16, 12)]

def get_init_inputs():
    return [[], {}]
"""


@pytest.mark.parametrize(
    "source",
    [
        FRACTIONAL_POOLING_AND_ATAN,
        DEPTHWISE_AFTER_A_TEMPLATE,
        PADDING_AFTER_A_REDUCTION,
        PADDING_OF_A_FLATTENED_ROTATION,
    ],
    ids=[
        "fractional_pooling",
        "depthwise_after_a_template",
        "padding_after_a_reduction",
        "padding_of_a_flattened_rotation",
    ],
)
def test_a_pair_is_proved_where_inductor_alone_is_wrong(source: str, warm: WarmPool) -> None:
    (judgement,) = warm.judge(Program(source, "Model"))
    assert judgement.accepted, judgement.failure
