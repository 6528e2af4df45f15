# KernelBench level 1 problem 85, rewritten
import torch
from torch import nn


class PerChannelFilter(nn.Module):
    """Depthwise convolution with a rectangular window."""

    def __init__(self, channels, window, stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
        super().__init__()
        self.depthwise = nn.Conv2d(
            channels,
            channels,
            window,
            stride=stride,
            padding=padding,
            dilation=dilation,
            groups=channels,
            bias=False,
        )

    def forward(self, planes):
        return self.depthwise(planes)


def get_inputs():
    return [torch.rand(2, 10, 16, 24)]


def get_init_inputs():
    return [10, (3, 7)]
