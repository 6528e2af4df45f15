# KernelBench level 2 problem 31, rewritten
import torch
from torch import nn


class CappedConvGain(nn.Module):
    def __init__(self, c_in, c_out, k, ceiling, shift_shape, gain):
        super().__init__()
        self.filter = nn.Conv2d(c_in, c_out, kernel_size=k)
        self.shift = nn.Parameter(torch.randn(shift_shape))
        self.ceiling = ceiling
        self.gain = gain

    def forward(self, image):
        capped = self.filter(image).clamp(max=self.ceiling)
        return self.gain * (capped + self.shift)


def get_inputs():
    return [torch.randn(2, 6, 12, 12)]


def get_init_inputs():
    return [6, 8, 3, 0.5, (8, 1, 1), 2.0]
