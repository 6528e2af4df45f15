# KernelBench level 2 problem 54, rewritten
import torch
from torch import nn


class ScaledConvBlock(nn.Module):
    """Convolution, learned per-channel gain, then a leaky rectifier followed by GELU."""

    def __init__(self, c_in, c_out, k):
        super().__init__()
        self.gain = nn.Parameter(torch.randn(c_out, 1, 1))
        self.conv = nn.Conv2d(c_in, c_out, k)
        self.post = nn.Sequential(nn.LeakyReLU(), nn.GELU())

    def forward(self, x):
        return self.post(self.conv(x).mul(self.gain))


def get_inputs():
    return [torch.randn(2, 6, 18, 18)]


def get_init_inputs():
    return [6, 10, 3]
