# near KernelBench level 1 problem 33: statistics of small virtual batches with a learned mix of two normalisers
import torch
from torch import nn


class GhostSwitchNorm(nn.Module):
    """Blends per-instance and ghost-batch statistics with learned weights."""

    def __init__(self, channels, ghost=4, eps=1e-5):
        super().__init__()
        self.ghost = ghost
        self.eps = eps
        self.mix = nn.Parameter(torch.zeros(2))
        self.weight = nn.Parameter(torch.ones(1, channels, 1, 1))
        self.bias = nn.Parameter(torch.zeros(1, channels, 1, 1))

    def forward(self, x):
        w = self.mix.softmax(0)
        outs = []
        for part in x.split(self.ghost, dim=0):
            var_i, mean_i = torch.var_mean(part, dim=(2, 3), keepdim=True, unbiased=False)
            var_b, mean_b = torch.var_mean(part, dim=(0, 2, 3), keepdim=True, unbiased=False)
            mean = w[0] * mean_i + w[1] * mean_b
            var = w[0] * var_i + w[1] * var_b
            outs.append((part - mean) / torch.sqrt(var + self.eps))
        return torch.cat(outs, dim=0) * self.weight + self.bias


def get_inputs():
    return [torch.randn(8, 6, 10, 10)]


def get_init_inputs():
    return [6, 4]
