# KernelBench level 2 problem 71, rewritten
import torch
from torch import nn


class ScaledConvLeak(nn.Module):
    LEAK = 0.01

    def __init__(self, c_in, c_out, k, scale_down):
        super().__init__()
        self.filter = nn.Conv2d(c_in, c_out, k)
        self.gain = 1.0 / scale_down

    def forward(self, image):
        z = self.filter(image).mul(self.gain)
        return torch.max(z, self.LEAK * z)


def get_inputs():
    return [torch.randn(2, 4, 12, 12)]


def get_init_inputs():
    return [4, 8, 3, 2]
