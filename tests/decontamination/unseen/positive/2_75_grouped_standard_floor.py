# KernelBench level 2 problem 75, rewritten
import torch
from torch import nn


class GroupedStandardFloor(nn.Module):
    def __init__(self, d_in, d_out, groups, shift_shape, eps=1e-5):
        super().__init__()
        self.shift = nn.Parameter(torch.randn(shift_shape))
        self.dense = nn.Linear(d_in, d_out)
        self.gamma = nn.Parameter(torch.ones(d_out))
        self.beta = nn.Parameter(torch.zeros(d_out))
        self.groups = groups
        self.eps = eps

    def standardise(self, h):
        g = h.unflatten(1, (self.groups, -1))
        var, mu = torch.var_mean(g, dim=2, keepdim=True, unbiased=False)
        g = (g - mu) * torch.rsqrt(var + self.eps)
        return g.flatten(1) * self.gamma + self.beta

    def forward(self, rows):
        lowest = self.standardise(self.dense(rows)).amin(dim=1, keepdim=True)
        return lowest + self.shift


def get_inputs():
    return [torch.randn(12, 20)]


def get_init_inputs():
    return [20, 24, 4, (1, 24, 1, 1)]
