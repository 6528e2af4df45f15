# KernelBench level 1 problem 35, rewritten
import torch
from torch import nn


class GroupedStandardise(nn.Module):
    """Standardises groups of channels of each sample, then applies a per-channel gain and shift."""

    def __init__(self, channels, groups, eps=1e-5):
        super().__init__()
        self.groups = groups
        self.eps = eps
        self.gain = nn.Parameter(torch.ones(channels))
        self.shift = nn.Parameter(torch.zeros(channels))

    def forward(self, x):
        n, c = x.shape[:2]
        g = x.reshape(n, self.groups, -1)
        var, mean = torch.var_mean(g, dim=-1, unbiased=False, keepdim=True)
        g = (g - mean) * torch.rsqrt(var + self.eps)
        per_channel = (1, c) + (1,) * (x.dim() - 2)
        return g.view_as(x) * self.gain.view(per_channel) + self.shift.view(per_channel)


def get_inputs():
    return [torch.rand(3, 12, 16, 16)]


def get_init_inputs():
    return [12, 4]
