# KernelBench level 2 problem 20, rewritten
import torch
import torch.nn as nn


class SelfModulatedUpconv(nn.Module):
    """With y = upconv(x): ((y + b + y) * y + y) = y * (2 y + b + 1)."""

    def __init__(self, cin, cout, k, stride, pad, out_pad):
        super().__init__()
        self.upconv = nn.ConvTranspose3d(cin, cout, k, stride, pad, out_pad)
        self.b = nn.Parameter(torch.randn(cout, 1, 1, 1))

    def forward(self, x):
        y = self.upconv(x)
        return y * (2.0 * y + self.b + 1.0)


def get_inputs():
    return [torch.randn(2, 3, 3, 4, 4)]


def get_init_inputs():
    return [3, 5, 3, 2, 1, 1]
