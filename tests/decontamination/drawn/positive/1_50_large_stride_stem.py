# KernelBench level 1 problem 50, rewritten
import torch
from torch import nn


class Stem(nn.Module):
    """First layer of an AlexNet-like classifier: big kernel, stride of four."""

    def __init__(self, width=96):
        super().__init__()
        self.proj = nn.Conv2d(3, width, 11, 4, 2)

    def forward(self, pixels):
        return self.proj(pixels)


def get_inputs():
    return [torch.rand(2, 3, 96, 96)]


def get_init_inputs():
    return [96]
