# near KernelBench level 3 problem 21: expansion and depthwise steps are fused into one full convolution, gated by SE
import torch
from torch import nn
from torch.nn import functional as F


class FusedMBConv(nn.Module):
    def __init__(self, channels, expand=4, k=3, se=4):
        super().__init__()
        c = channels * expand
        self.fused = nn.Conv2d(channels, c, k, padding=k // 2, bias=False)
        self.bn1 = nn.BatchNorm2d(c)
        self.se_down = nn.Conv2d(c, c // se, 1)
        self.se_up = nn.Conv2d(c // se, c, 1)
        self.project = nn.Conv2d(c, channels, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)

    def forward(self, x):
        h = F.silu(self.bn1(self.fused(x)))
        gate = self.se_up(F.silu(self.se_down(h.mean((2, 3), keepdim=True))))
        return x + self.bn2(self.project(h * gate.sigmoid()))


def get_inputs():
    return [torch.randn(2, 8, 16, 16)]


def get_init_inputs():
    return [8]
