# KernelBench level 1 problem 40, rewritten
import torch
from torch import nn


class TrailingStandardise(nn.Module):
    def __init__(self, shape, eps=1e-5):
        super().__init__()
        self.gain = nn.Parameter(torch.ones(shape))
        self.offset = nn.Parameter(torch.zeros(shape))
        self.axes = tuple(range(-len(shape), 0))
        self.eps = eps

    def forward(self, t):
        mu = t.mean(dim=self.axes, keepdim=True)
        second = (t * t).mean(dim=self.axes, keepdim=True)
        spread = torch.rsqrt(second - mu * mu + self.eps)
        return (t - mu) * spread * self.gain + self.offset


def get_inputs():
    return [torch.randn(3, 4, 8, 10)]


def get_init_inputs():
    return [(4, 8, 10)]
