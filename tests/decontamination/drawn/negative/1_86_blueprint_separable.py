# near KernelBench level 1 problem 86: pointwise first, then depthwise, with a normalisation between the two
import torch
from torch import nn


class BlueprintConv(nn.Module):
    def __init__(self, c_in, c_out, k=3):
        super().__init__()
        self.point = nn.Conv2d(c_in, c_out, 1, bias=False)
        self.norm = nn.BatchNorm2d(c_out)
        self.depth = nn.Conv2d(c_out, c_out, k, padding=k // 2, groups=c_out, bias=False)

    def forward(self, x):
        return self.depth(self.norm(self.point(x)))


def get_inputs():
    return [torch.randn(2, 8, 18, 18)]


def get_init_inputs():
    return [8, 14]
