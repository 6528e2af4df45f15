# near KernelBench level 2 problem 1: a learned gain multiplies the rectified maps where a bias would be added
import torch
from torch import nn


class RectifiedGainConv(nn.Module):
    def __init__(self, c_in, c_out, k):
        super().__init__()
        self.conv = nn.Conv2d(c_in, c_out, k)
        self.gain = nn.Parameter(torch.rand(c_out, 1, 1) + 0.5)

    def forward(self, x):
        return torch.relu(self.conv(x)) * self.gain


def get_inputs():
    return [torch.randn(2, 5, 16, 16)]


def get_init_inputs():
    return [5, 8, 3]
