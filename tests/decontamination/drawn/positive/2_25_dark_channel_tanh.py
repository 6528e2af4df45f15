# KernelBench level 2 problem 25, rewritten
import torch
from torch import nn


class DarkChannel(nn.Module):
    """Channel-wise minimum of a convolution, squashed twice."""

    def __init__(self, c_in, c_out, k):
        super().__init__()
        self.conv = nn.Conv2d(c_in, c_out, k)
        self.squash = nn.Tanh()

    def forward(self, x):
        dark = self.conv(x).amin(dim=1, keepdim=True)
        return self.squash(self.squash(dark))


def get_inputs():
    return [torch.rand(3, 5, 20, 20)]


def get_init_inputs():
    return [5, 9, 3]
