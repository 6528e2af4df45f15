# near KernelBench level 2 problem 90: the tensor multiplies, and a sigmoid follows instead of clamp and GELU
import torch
import torch.nn as nn
import torch.nn.functional as F


class Model(nn.Module):
    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.conv = nn.Conv3d(in_channels, out_channels, 3)
        self.tensor = nn.Parameter(torch.randn(out_channels, 1, 1, 1))

    def forward(self, x):
        x = F.leaky_relu(self.conv(x), negative_slope=0.2)
        return torch.sigmoid(x * self.tensor)


def get_inputs():
    return [torch.randn(2, 3, 6, 12, 12)]


def get_init_inputs():
    return [3, 8]
