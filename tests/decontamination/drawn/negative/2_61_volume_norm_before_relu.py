# near KernelBench level 2 problem 61: the group norm is applied before the rectifier
import torch
from torch import nn


class VolumeUpBlock(nn.Module):
    def __init__(self, c_in, c_out, groups):
        super().__init__()
        self.up = nn.ConvTranspose3d(c_in, c_out, 3, bias=False)
        self.norm = nn.GroupNorm(groups, c_out)

    def forward(self, vol):
        return self.norm(self.up(vol)).relu()


def get_inputs():
    return [torch.randn(2, 4, 5, 6, 6)]


def get_init_inputs():
    return [4, 8, 2]
