# KernelBench level 2 problem 3, rewritten
import math

import torch
import torch.nn.functional as F
from torch import nn


def erf_gelu(t):
    return t * 0.5 * (1.0 + torch.erf(t / math.sqrt(2.0)))


class UpVolumeRowNorm(nn.Module):
    def __init__(self, c_in, c_out, k, step, trim, extra, addend, row_shape, window):
        super().__init__()
        self.kernel = nn.Parameter(torch.empty(c_in, c_out, *k))
        self.kernel_bias = nn.Parameter(torch.zeros(c_out))
        nn.init.kaiming_uniform_(self.kernel, a=math.sqrt(5))
        self.addend = nn.Parameter(torch.tensor(addend))
        self.row_gain = nn.Parameter(torch.ones(row_shape))
        self.row_offset = nn.Parameter(torch.zeros(row_shape))
        self.geometry = {"stride": step, "padding": trim, "output_padding": extra}
        self.window = window

    def forward(self, vol):
        up = F.conv_transpose3d(vol, self.kernel, self.kernel_bias + self.addend, **self.geometry)
        centred = up - up.mean(-1, keepdim=True)
        var = centred.pow(2).mean(-1, keepdim=True)
        up = centred / (var + 1e-5).sqrt() * self.row_gain + self.row_offset
        return erf_gelu(F.avg_pool3d(up, self.window))


def get_inputs():
    return [torch.randn(2, 4, 3, 4, 4)]


def get_init_inputs():
    return [4, 8, (3, 3, 3), (2, 2, 2), (1, 1, 1), (1, 1, 1), 1.0, (8,), (2, 2, 2)]
