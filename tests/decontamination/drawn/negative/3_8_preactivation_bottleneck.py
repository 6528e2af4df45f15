# near KernelBench level 3 problem 8: pre-activation bottleneck of three convolutions with a bare identity
import torch
from torch import nn


class PreActBottleneck(nn.Module):
    def __init__(self, channels, reduction=4):
        super().__init__()
        mid = channels // reduction
        self.bn1 = nn.BatchNorm2d(channels)
        self.reduce = nn.Conv2d(channels, mid, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(mid)
        self.conv = nn.Conv2d(mid, mid, 3, padding=1, bias=False)
        self.bn3 = nn.BatchNorm2d(mid)
        self.expand = nn.Conv2d(mid, channels, 1, bias=False)

    def forward(self, x):
        y = self.reduce(torch.relu(self.bn1(x)))
        y = self.conv(torch.relu(self.bn2(y)))
        y = self.expand(torch.relu(self.bn3(y)))
        return x + y


def get_inputs():
    return [torch.randn(2, 16, 14, 14)]


def get_init_inputs():
    return [16]
