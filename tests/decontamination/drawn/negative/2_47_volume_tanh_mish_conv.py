# near KernelBench level 2 problem 47: tanh precedes mish, and a pointwise convolution lies between them
import torch
from torch import nn
from torch.nn import functional as F


class VolumeStem(nn.Module):
    def __init__(self, c_in, c_mid, c_out):
        super().__init__()
        self.wide = nn.Conv3d(c_in, c_mid, 3, padding=1)
        self.point = nn.Conv3d(c_mid, c_out, 1)

    def forward(self, vol):
        h = torch.tanh(self.wide(vol))
        return F.mish(self.point(h))


def get_inputs():
    return [torch.randn(2, 3, 6, 10, 10)]


def get_init_inputs():
    return [3, 6, 8]
