# KernelBench level 2 problem 72, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class DeconvNormPool(nn.Module):
    """3-D deconvolution, batch norm, then two halvings by averaging done as one 4x4x4 average."""

    def __init__(self, cin, cout, k, stride, pad):
        super().__init__()
        self.deconv = nn.ConvTranspose3d(cin, cout, k, stride, pad)
        self.norm = nn.BatchNorm3d(cout)

    def forward(self, vol):
        return F.avg_pool3d(self.norm(self.deconv(vol)), kernel_size=4)


def get_inputs():
    return [torch.rand(2, 3, 7, 8, 9)]


def get_init_inputs():
    return [3, 6, 3, 2, 1]
