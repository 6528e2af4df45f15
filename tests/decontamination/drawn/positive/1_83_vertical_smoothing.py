# KernelBench level 1 problem 83, rewritten
import torch
from torch import nn


class VerticalDepthwise(nn.Module):
    """Column filters: each channel has its own k x 1 kernel."""

    def __init__(self, channels, taps, stride=1, padding=0, dilation=1):
        super().__init__()
        self.column = nn.Conv2d(
            in_channels=channels,
            out_channels=channels,
            kernel_size=(taps, 1),
            stride=stride,
            padding=padding,
            dilation=dilation,
            groups=channels,
            bias=False,
        )

    def forward(self, frame):
        return self.column(frame)


def get_inputs():
    return [torch.randn(3, 8, 32, 32)]


def get_init_inputs():
    return [8, 5]
