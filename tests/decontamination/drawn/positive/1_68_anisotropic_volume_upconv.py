# KernelBench level 1 problem 68, rewritten
import torch
from torch import nn
from torch.nn import functional as F


class AnisotropicUpconv(nn.Module):
    """Transposed 3-D convolution with a kernel thinner in depth than in plane."""

    def __init__(self, c_in, c_out, kernel=(3, 5, 5)):
        super().__init__()
        weight = torch.empty(c_in, c_out, *kernel)
        nn.init.kaiming_normal_(weight)
        self.weight = nn.Parameter(weight)

    def forward(self, vol):
        return F.conv_transpose3d(vol, self.weight)


def get_inputs():
    return [torch.randn(2, 4, 8, 8, 8)]


def get_init_inputs():
    return [4, 6, (2, 4, 4)]
