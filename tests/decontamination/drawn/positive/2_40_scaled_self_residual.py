# KernelBench level 2 problem 40, rewritten
import torch
from torch import nn


class ScaledSelfResidual(nn.Module):
    """Linear output plus a scaled copy of itself; the plain copy carries no gradient."""

    def __init__(self, d_in, d_out, scale=0.5):
        super().__init__()
        self.linear = nn.Linear(d_in, d_out)
        self.scale = scale

    def forward(self, x):
        out = self.linear(x)
        skip = out.detach()
        return torch.add(skip, out, alpha=self.scale)


def get_inputs():
    return [torch.randn(32, 24)]


def get_init_inputs():
    return [24, 28, 0.3]
