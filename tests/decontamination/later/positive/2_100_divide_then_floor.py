# KernelBench level 2 problem 100, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class UpsampleFloorScale(nn.Module):
    """max(deconv(x), lo) / d, with the division folded into both sides of the max."""

    def __init__(self, n_in, n_out, k, stride, pad, lo, d):
        super().__init__()
        self.kernel = nn.Parameter(torch.randn(n_in, n_out, k, k, k) * 0.2)
        self.offset = nn.Parameter(torch.randn(n_out) * 0.2)
        self.stride, self.pad = stride, pad
        self.gain = 1.0 / d
        self.floor = lo / d

    def forward(self, vol):
        up = F.conv_transpose3d(vol, self.kernel, self.offset, self.stride, self.pad)
        return (up * self.gain).clamp_min(self.floor)


def get_inputs():
    return [torch.randn(2, 4, 4, 5, 5)]


def get_init_inputs():
    return [4, 6, 3, 2, 1, -1.0, 2.0]
