# KernelBench level 2 problem 1, rewritten
import torch
from torch import nn


class ChannelShift(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.delta = nn.Parameter(torch.randn(shape))

    def forward(self, t):
        return t + self.delta


class FilterRectifyShift(nn.Module):
    def __init__(self, c_in, c_out, k, shift_shape):
        super().__init__()
        self.pipeline = nn.Sequential(
            nn.Conv2d(c_in, c_out, k),
            nn.ReLU(),
            ChannelShift(shift_shape),
        )

    def forward(self, image):
        return self.pipeline(image)


def get_inputs():
    return [torch.randn(2, 6, 12, 12)]


def get_init_inputs():
    return [6, 8, 3, (8, 1, 1)]
