# KernelBench level 1 problem 61, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class ScatterConv3d(nn.Module):
    """Transposed convolution with stride 1 is a full convolution with mirrored kernels."""

    def __init__(self, n_from, n_to, side):
        super().__init__()
        self.side = side
        self.weight = nn.Parameter(torch.randn(n_from, n_to, side, side, side) * 0.1)

    def forward(self, vol):
        mirrored = torch.flip(self.weight, dims=(2, 3, 4)).transpose(0, 1)
        return F.conv3d(vol, mirrored, padding=self.side - 1)


def get_inputs():
    return [torch.randn(2, 3, 5, 6, 7)]


def get_init_inputs():
    return [3, 4, 3]
