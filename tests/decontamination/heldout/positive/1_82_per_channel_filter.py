# KernelBench level 1 problem 82, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class PerChannelFilter(nn.Module):
    """Filters every channel of an image with its own small kernel."""

    def __init__(self, channels: int, k: int, stride: int = 1, pad: int = 0):
        super().__init__()
        self.stride = stride
        self.pad = pad
        self.taps = nn.Parameter(torch.empty(channels, 1, k, k))
        nn.init.kaiming_uniform_(self.taps, a=5**0.5)

    def forward(self, img: torch.Tensor) -> torch.Tensor:
        return F.conv2d(img, self.taps, None, self.stride, self.pad, 1, img.size(1))


def get_inputs():
    return [torch.rand(2, 12, 20, 20)]


def get_init_inputs():
    return [12, 3, 1, 0]
