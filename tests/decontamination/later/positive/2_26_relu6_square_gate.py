# KernelBench level 2 problem 26, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class UpconvSkipGate(nn.Module):
    def __init__(self, cin, cout, k, stride, pad, extra):
        super().__init__()
        self.grow = nn.ConvTranspose3d(cin, cout, k, stride=stride, padding=pad, output_padding=extra)

    def forward(self, coarse, skip):
        merged = skip + self.grow(coarse)
        # u * hardswish(u) with hardswish(u) = u * relu6(u + 3) / 6
        return merged.square() * F.relu6(merged + 3.0) / 6.0


def get_inputs():
    return [torch.randn(2, 3, 3, 3, 4), torch.randn(2, 5, 6, 6, 8)]


def get_init_inputs():
    return [3, 5, 3, 2, 1, 1]
