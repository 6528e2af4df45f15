# KernelBench level 1 problem 62, rewritten
import torch
from torch import nn


class SpectrogramConv(nn.Module):
    """Plain 2-D convolution with a kernel that is wider in time than in frequency."""

    def __init__(self, c_in, c_out, freq_taps, time_taps):
        super().__init__()
        self.conv = nn.Conv2d(c_in, c_out, (freq_taps, time_taps), bias=False)

    def forward(self, spec):
        return self.conv(spec)


def get_inputs():
    return [torch.rand(2, 6, 32, 32)]


def get_init_inputs():
    return [6, 10, 3, 7]
