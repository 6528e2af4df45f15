# KernelBench level 1 problem 66, rewritten
import math

import torch
import torch.nn.functional as F
from torch import nn


class SlicewiseVolumeFilter(nn.Module):
    def __init__(self, c_in, c_out, window):
        super().__init__()
        self.kernel = nn.Parameter(torch.empty(c_out, c_in, *window))
        nn.init.kaiming_uniform_(self.kernel, a=math.sqrt(5))

    def forward(self, vol):
        n, c, d, h, w = vol.shape
        taps = self.kernel.shape[2]
        depth_out = d - taps + 1
        total = 0
        for t in range(taps):
            frames = vol[:, :, t : t + depth_out].transpose(1, 2).reshape(n * depth_out, c, h, w)
            total = total + F.conv2d(frames, self.kernel[:, :, t])
        total = total.unflatten(0, (n, depth_out))
        return total.transpose(1, 2)


def get_inputs():
    return [torch.randn(2, 3, 6, 12, 14)]


def get_init_inputs():
    return [3, 5, (3, 5, 7)]
