# near KernelBench level 2 problem 73: the input is added to the normalised maps where a constant would scale them
import torch
from torch import nn


class ConvBnSkip(nn.Module):
    def __init__(self, channels, k=3):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, k, padding=k // 2, bias=False)
        self.bn = nn.BatchNorm2d(channels)

    def forward(self, x):
        return torch.relu(x + self.bn(self.conv(x)))


def get_inputs():
    return [torch.randn(4, 8, 12, 12)]


def get_init_inputs():
    return [8]
