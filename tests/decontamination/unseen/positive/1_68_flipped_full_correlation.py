# KernelBench level 1 problem 68, rewritten
import math

import torch
import torch.nn.functional as F
from torch import nn


class FullCorrelation3d(nn.Module):
    def __init__(self, c_in, c_out, window):
        super().__init__()
        self.margin = [k - 1 for k in window]
        self.kernel = nn.Parameter(torch.empty(c_in, c_out, *window))
        nn.init.kaiming_uniform_(self.kernel, a=math.sqrt(5))

    def forward(self, vol):
        mirrored = self.kernel.flip(2, 3, 4).transpose(0, 1)
        return F.conv3d(vol, mirrored, padding=self.margin)


def get_inputs():
    return [torch.randn(2, 4, 5, 7, 7)]


def get_init_inputs():
    return [4, 6, (3, 5, 5)]
