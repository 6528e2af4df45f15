# KernelBench level 2 problem 67, rewritten
import math

import torch
import torch.nn as nn


class PooledFeatures(nn.Module):
    def __init__(self, c_in, c_out, k):
        super().__init__()
        self.conv = nn.Conv2d(c_in, c_out, k)

    def forward(self, img):
        r = self.conv(img)
        r = 0.5 * r * (1 + torch.erf(r * math.sqrt(0.5)))
        return torch.einsum("bchw->bc", r) / (r.size(2) * r.size(3))


def get_inputs():
    return [torch.randn(2, 3, 12, 12)]


def get_init_inputs():
    return [3, 8, 3]
