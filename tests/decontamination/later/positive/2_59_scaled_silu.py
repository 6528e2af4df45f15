# KernelBench level 2 problem 59, rewritten
import torch
from torch import nn
from torch.nn import functional as F


class ScaledSwishLayer(nn.Module):
    def __init__(self, n_in: int, n_out: int, gain: float):
        super().__init__()
        self.layer = nn.Linear(n_in, n_out)
        self.gain = gain

    def forward(self, v):
        return self.gain * F.silu(self.layer(v))


def get_inputs():
    return [torch.rand(5, 24)]


def get_init_inputs():
    return [24, 20, 2.0]
