# near KernelBench level 1 problem 33, another function
import torch
import torch.nn as nn


class PixelwiseNorm(nn.Module):
    """Normalises the channel vector of every pixel."""

    def __init__(self, channels, eps=1e-5):
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(channels, 1, 1))
        self.beta = nn.Parameter(torch.zeros(channels, 1, 1))
        self.eps = eps

    def forward(self, maps):
        var, mu = torch.var_mean(maps, dim=1, correction=0, keepdim=True)
        return self.gamma * (maps - mu) / torch.sqrt(var + self.eps) + self.beta


def get_inputs():
    return [torch.randn(4, 6, 9, 9)]


def get_init_inputs():
    return [6]
