# near KernelBench level 3 problem 21: SiLU instead of ReLU6, and a squeeze-and-excitation gate
import torch
import torch.nn as nn


class ExcitedMBConv(nn.Module):
    def __init__(self, cin, cout, k, stride, factor):
        super().__init__()
        mid = cin * factor
        self.expand = nn.Sequential(nn.Conv2d(cin, mid, 1, bias=False), nn.BatchNorm2d(mid), nn.SiLU())
        self.depthwise = nn.Sequential(
            nn.Conv2d(mid, mid, k, stride, k // 2, groups=mid, bias=False), nn.BatchNorm2d(mid), nn.SiLU()
        )
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Conv2d(mid, cin // 4, 1), nn.SiLU(), nn.Conv2d(cin // 4, mid, 1), nn.Sigmoid()
        )
        self.project = nn.Sequential(nn.Conv2d(mid, cout, 1, bias=False), nn.BatchNorm2d(cout))
        self.keep = stride == 1 and cin == cout

    def forward(self, x):
        h = self.depthwise(self.expand(x))
        h = self.project(h * self.gate(h))
        return h + x if self.keep else h


def get_inputs():
    return [torch.randn(2, 8, 14, 14)]


def get_init_inputs():
    return [8, 12, 5, 2, 6]
