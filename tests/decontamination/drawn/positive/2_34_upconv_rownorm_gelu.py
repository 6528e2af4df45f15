# KernelBench level 2 problem 34, rewritten
import torch
from torch import nn
from torch.nn import functional as F


class UpconvRowNorm(nn.Module):
    """Doubles a volume, normalises along its last axis, GELU, constant gain.

    The layer norm is over the innermost (width) axis, so the upsampled width has to equal `c_out`.
    """

    def __init__(self, c_in, c_out, k=4, gain=1.0, eps=1e-5):
        super().__init__()
        self.up = nn.ConvTranspose3d(c_in, c_out, k, stride=2, padding=1)
        self.gamma = nn.Parameter(torch.ones(c_out))
        self.beta = nn.Parameter(torch.zeros(c_out))
        self.gain = gain
        self.eps = eps

    def forward(self, vol):
        y = self.up(vol)
        y = F.layer_norm(y, self.gamma.shape, self.gamma, self.beta, self.eps)
        return self.gain * F.gelu(y)


def get_inputs():
    return [torch.randn(2, 4, 3, 5, 6)]


def get_init_inputs():
    return [4, 12, 4, 1.5]
