# KernelBench level 1 problem 59, rewritten
import torch
from torch import nn
from torch.nn import functional as F


class InPlaneConv(nn.Module):
    """Convolves every slice of a volume in-plane; the last axis (slices) is never mixed."""

    def __init__(self, c_in, c_out, k, stride=1, padding=0):
        super().__init__()
        self.stride = stride
        self.padding = padding
        self.filters = nn.Parameter(torch.empty(c_out, c_in, k, k, 1))
        nn.init.kaiming_uniform_(self.filters, a=5**0.5)

    def forward(self, volume):
        return F.conv3d(volume, self.filters, stride=self.stride, padding=self.padding)


def get_inputs():
    return [torch.randn(2, 3, 24, 20, 6)]


def get_init_inputs():
    return [3, 8, 3]
