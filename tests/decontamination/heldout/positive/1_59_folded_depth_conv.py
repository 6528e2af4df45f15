# KernelBench level 1 problem 59, rewritten
import torch
import torch.nn as nn


class Model(nn.Module):
    """A volume convolution whose kernel is one voxel deep, so each depth slice is an image of its own."""

    def __init__(self, c_in, c_out, k):
        super().__init__()
        self.slicewise = nn.Conv2d(c_in, c_out, k, bias=False)

    def forward(self, vol):
        n, c, h, w, d = vol.shape
        frames = vol.permute(0, 4, 1, 2, 3).reshape(n * d, c, h, w)
        out = self.slicewise(frames)
        out = out.reshape(n, d, *out.shape[1:])
        return out.permute(0, 2, 3, 4, 1)


def get_inputs():
    return [torch.randn(2, 3, 14, 14, 5)]


def get_init_inputs():
    return [3, 8, 3]
