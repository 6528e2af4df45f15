# KernelBench level 2 problem 95, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F

ACTIVATIONS = (F.silu, torch.tanh, F.gelu, F.hardtanh)


class StackedActivations(nn.Module):
    """A dense layer with a second bias, followed by a fixed list of activations."""

    def __init__(self, fan_in: int, fan_out: int):
        super().__init__()
        self.extra = nn.Parameter(torch.randn(fan_out))
        self.dense = nn.Linear(fan_in, fan_out)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = self.dense(x) + self.extra
        for act in ACTIVATIONS:
            out = act(out)
        return out


def get_inputs():
    return [torch.randn(8, 20)]


def get_init_inputs():
    return [20, 16]
