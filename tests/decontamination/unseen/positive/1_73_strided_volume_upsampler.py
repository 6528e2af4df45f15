# KernelBench level 1 problem 73, rewritten
import torch
from torch import nn


class VolumeUpsampler(nn.Module):
    def __init__(self, c_in, c_out, side, step, trim):
        super().__init__()
        self.up = nn.ConvTranspose3d(c_in, c_out, side, step, trim, bias=False)

    def forward(self, vol):
        return self.up(vol)


def get_inputs():
    return [torch.randn(2, 4, 4, 6, 8)]


def get_init_inputs():
    return [4, 4, 3, 2, 1]
