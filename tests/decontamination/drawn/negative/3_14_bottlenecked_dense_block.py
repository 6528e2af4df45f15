# near KernelBench level 3 problem 14: bottlenecked ELU layers on the mean of earlier outputs, no concatenation
import torch
from torch import nn


class BottleneckLayer(nn.Module):
    def __init__(self, c_in, c_mid, c_out):
        super().__init__()
        self.net = nn.Sequential(
            nn.GroupNorm(2, c_in),
            nn.ELU(),
            nn.Conv2d(c_in, c_mid, 1),
            nn.GroupNorm(2, c_mid),
            nn.ELU(),
            nn.Conv2d(c_mid, c_out, 3, padding=1),
        )

    def forward(self, x):
        return self.net(x)


class DenselySummedBlock(nn.Module):
    """Every layer sees the mean of all earlier outputs."""

    def __init__(self, depth, channels, mid):
        super().__init__()
        self.layers = nn.ModuleList([BottleneckLayer(channels, mid, channels) for _ in range(depth)])

    def forward(self, x):
        total = x
        for count, layer in enumerate(self.layers, start=1):
            total = total + layer(total / count)
        return total


def get_inputs():
    return [torch.randn(2, 8, 14, 14)]


def get_init_inputs():
    return [3, 8, 12]
