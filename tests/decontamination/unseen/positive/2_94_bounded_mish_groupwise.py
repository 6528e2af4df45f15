# KernelBench level 2 problem 94, rewritten
import torch
import torch.nn.functional as F
from torch import nn


def mish_rational(t):
    e = torch.exp(t)
    n = e * (e + 2)
    return t * n / (n + 2)


class BoundedMishGroupwise(nn.Module):
    def __init__(self, d_in, d_out, shift_shape, groups):
        super().__init__()
        self.shift = nn.Parameter(torch.randn(shift_shape))
        self.dense = nn.Linear(d_in, d_out)
        self.gamma = nn.Parameter(torch.ones(d_out))
        self.beta = nn.Parameter(torch.zeros(d_out))
        self.groups = groups

    def forward(self, rows):
        h = F.linear(rows, self.dense.weight, self.dense.bias + self.shift)
        h = mish_rational(h.clip(-1.0, 1.0))
        n, d = h.shape
        g = h.view(n, self.groups, d // self.groups)
        g = g - g.mean(-1, keepdim=True)
        g = g / (g.square().mean(-1, keepdim=True) + 1e-5).sqrt()
        return torch.addcmul(self.beta, g.reshape(n, d), self.gamma)


def get_inputs():
    return [torch.randn(12, 20)]


def get_init_inputs():
    return [20, 24, (24,), 4]
