# KernelBench level 2 problem 90, rewritten
import math

import torch
import torch.nn as nn


class BiasedWindowUnit(nn.Module):
    def __init__(self, c_in, c_out, k):
        super().__init__()
        self.template = nn.Parameter(torch.randn(c_out))
        self.conv = nn.Conv3d(c_in, c_out, k)

    @staticmethod
    def smooth(t):
        return 0.5 * t * (1 + torch.erf(t * math.sqrt(0.5)))

    def forward(self, vol):
        a = self.conv(vol)
        a = torch.max(a, a * 0.2)
        a = a + self.template[:, None, None, None]
        return self.smooth(a.clamp(-1, 1))


def get_inputs():
    return [torch.randn(2, 3, 6, 9, 9)]


def get_init_inputs():
    return [3, 5, 3]
