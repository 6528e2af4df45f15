# KernelBench level 1 problem 71, rewritten
import torch
from torch import nn


class LearnedUpsampler(nn.Module):
    """Bias-free fractionally strided convolution on wide feature maps."""

    def __init__(self, c_in: int, c_out: int, k: int, stride: int = 1, padding: int = 0):
        super().__init__()
        self.deconv = nn.ConvTranspose2d(c_in, c_out, k, stride, padding, bias=False)

    def forward(self, fmap: torch.Tensor) -> torch.Tensor:
        return self.deconv(fmap)


def get_inputs():
    return [torch.randn(2, 10, 14, 30)]


def get_init_inputs():
    return [10, 6, 3, 2, 1]
