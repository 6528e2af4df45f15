# KernelBench level 2 problem 8, rewritten
import torch
import torch.nn.functional as F
from torch import nn


class PooledVolumeScore(nn.Module):
    def __init__(self, c_in, c_out, k, scale_down, window, shift_shape, axis):
        super().__init__()
        self.stem = nn.Conv3d(c_in, c_out, k)
        self.shift = nn.Parameter(torch.randn(shift_shape))
        self.gain = 1.0 / scale_down
        self.window = window
        self.axis = axis

    def forward(self, vol):
        peaks = F.max_pool3d(self.stem(vol), self.window)
        level = peaks.mean(dim=(2, 3, 4), keepdim=True) * self.gain
        return (level + self.shift).sum(self.axis)


def get_inputs():
    return [torch.randn(4, 3, 8, 10, 10)]


def get_init_inputs():
    return [3, 6, (3, 3, 3), 2.0, (2, 2, 2), (6, 1, 1, 1), 1]
