# KernelBench level 2 problem 38, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class SpatialWeights(nn.Module):
    """Softmax over all voxels of each channel."""

    def forward(self, vol):
        e = torch.exp(vol - vol.amax(dim=(2, 3, 4), keepdim=True))
        return e / e.sum(dim=(2, 3, 4), keepdim=True)


class PooledDeconvWeights(nn.Module):
    def __init__(self, cin, cout, k, stride, pad, out_pad, pool, floor, ceil):
        super().__init__()
        self.pool = pool
        self.floor, self.ceil = floor, ceil
        self.up = nn.ConvTranspose3d(cin, cout, k, stride=stride, padding=pad, output_padding=out_pad)
        self.spatial = SpatialWeights()
        self.channel_gain = nn.Parameter(torch.ones(cout, 1, 1, 1))

    def forward(self, vol):
        small = F.avg_pool3d(vol, self.pool)
        limited = self.up(small).clamp(self.floor, self.ceil)
        return self.channel_gain * self.spatial(limited)


def get_inputs():
    return [2 * torch.randn(2, 3, 4, 6, 6)]


def get_init_inputs():
    return [3, 5, 3, 2, 1, 1, 2, 0.0, 1.0]
