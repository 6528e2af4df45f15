# KernelBench level 2 problem 74, rewritten
import torch
import torch.nn as nn


def leak(t, a=0.2):
    return torch.maximum(t, a * t)


class LeakyPeaks(nn.Module):
    def __init__(self, cin, cout):
        super().__init__()
        self.scale = nn.Parameter(torch.randn(1, cout, 1, 1, 1))
        self.up = nn.ConvTranspose3d(cin, cout, 3, stride=2, padding=1, output_padding=1)

    def forward(self, v):
        v = leak(leak(self.up(v)) * self.scale)
        n, c, d, h, w = v.shape
        blocks = v.reshape(n, c, d // 2, 2, h // 2, 2, w // 2, 2)
        return blocks.amax(dim=(3, 5, 7))


def get_inputs():
    return [torch.randn(2, 4, 5, 6, 6)]


def get_init_inputs():
    return [4, 6]
