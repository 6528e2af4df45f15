# KernelBench level 3 problem 13, rewritten
import torch
from torch import nn
from torch.nn import functional as F


class CompressAndHalve(nn.Module):
    """Between two dense stages: fewer channels, half the resolution."""

    def __init__(self, c_in, c_out):
        super().__init__()
        self.norm = nn.BatchNorm2d(c_in)
        self.mix = nn.Conv2d(c_in, c_out, 1, bias=False)

    def forward(self, x):
        x = self.mix(F.relu(self.norm(x)))
        return F.avg_pool2d(x, 2)


def get_inputs():
    return [torch.randn(4, 20, 18, 18)]


def get_init_inputs():
    return [20, 10]
