# KernelBench level 2 problem 3, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class UpsampleShiftNorm(nn.Module):
    """3-D deconvolution, learned scalar shift, layer norm on the last axis, 3-D mean pool, GELU."""

    def __init__(self, cin, cout, k, stride, pad, out_pad, shift, norm_size, pool):
        super().__init__()
        self.up = nn.ConvTranspose3d(cin, cout, k, stride, pad, out_pad)
        self.shift = nn.Parameter(torch.as_tensor(float(shift)))
        self.gamma = nn.Parameter(torch.ones(norm_size))
        self.beta = nn.Parameter(torch.zeros(norm_size))
        self.pool = pool

    def forward(self, vol):
        y = self.up(vol) + self.shift
        y = F.layer_norm(y, self.gamma.shape, self.gamma, self.beta)
        return F.gelu(F.avg_pool3d(y, self.pool))


def get_inputs():
    return [torch.rand(2, 3, 4, 6, 4)]


def get_init_inputs():
    return [3, 8, 3, 2, 1, 1, 1.0, 8, 2]
