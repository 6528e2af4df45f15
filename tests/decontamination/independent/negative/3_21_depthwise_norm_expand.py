# near KernelBench level 3 problem 21: depthwise first, layer norm, GELU between wide pointwise layers, scaled skip
import torch
import torch.nn as nn
import torch.nn.functional as F


class WideKernelBlock(nn.Module):
    def __init__(self, dim, ratio):
        super().__init__()
        self.dw = nn.Conv2d(dim, dim, 7, padding=3, groups=dim)
        self.norm = nn.LayerNorm(dim)
        self.expand = nn.Linear(dim, ratio * dim)
        self.project = nn.Linear(ratio * dim, dim)
        self.layer_scale = nn.Parameter(torch.full((dim,), 0.5))

    def forward(self, x):
        y = self.norm(self.dw(x).permute(0, 2, 3, 1))
        y = self.project(F.gelu(self.expand(y))) * self.layer_scale
        return x + y.permute(0, 3, 1, 2)


def get_inputs():
    return [torch.randn(2, 16, 20, 20)]


def get_init_inputs():
    return [16, 4]
