# KernelBench level 1 problem 13, rewritten
import torch
from torch import nn


def symmetric(n, generator_scale=1.0):
    g = generator_scale * torch.randn(n, n)
    return 0.5 * (g + g.transpose(0, 1))


class SymmetricProduct(nn.Module):
    """Multiplies two symmetric matrices (the result is in general not symmetric)."""

    def __init__(self, n):
        super().__init__()
        self.n = n

    def forward(self, s, t):
        assert s.shape == t.shape == (self.n, self.n)
        return torch.mm(s, t)


def get_inputs():
    return [symmetric(80), symmetric(80)]


def get_init_inputs():
    return [80]
