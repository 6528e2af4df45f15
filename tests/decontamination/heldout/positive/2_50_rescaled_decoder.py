# KernelBench level 2 problem 50, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class RescaledDecoder(nn.Module):
    def __init__(self, cin, cout, inner=0.5, outer=1.2):
        super().__init__()
        self.inner = nn.Parameter(torch.full((), inner))
        self.bias = nn.Parameter(torch.randn(1, cout, 1, 1, 1))
        self.outer = nn.Parameter(torch.full((), outer))
        self.deconv = nn.ConvTranspose3d(cin, cout, kernel_size=3, stride=2, padding=1)

    def forward(self, code):
        vol = self.inner * self.deconv(code)
        return (F.avg_pool3d(vol, 2) + self.bias) * self.outer


def get_inputs():
    return [torch.randn(2, 3, 5, 7, 7)]


def get_init_inputs():
    return [3, 6]
