# KernelBench level 2 problem 7, rewritten
import math

import torch
import torch.nn as nn


class VolumeNet(nn.Module):
    def __init__(self, cin, cout):
        super().__init__()
        self.filt = nn.Conv3d(cin, cout, 3)
        self.level = nn.Parameter(torch.randn(1, cout, 1, 1, 1))

    def forward(self, vol):
        z = self.filt(vol).clamp(min=0)
        z = torch.where(z >= 0, z, z * 0.01)
        z = 0.5 * z * (1 + torch.erf(z / math.sqrt(2.0)))
        return 1.0 / (1.0 + torch.exp(-z)) + self.level


def get_inputs():
    return [torch.randn(2, 3, 8, 12, 12)]


def get_init_inputs():
    return [3, 6]
