# KernelBench level 1 problem 82, rewritten
import torch
from torch import nn
from torch.nn import functional as F


class ChannelwiseFilter(nn.Module):
    """One k x k filter for each channel, no mixing between the channels."""

    def __init__(self, channels, k=3, stride=1, padding=0):
        super().__init__()
        self.stride, self.padding = stride, padding
        self.kernel = nn.Parameter(torch.randn(channels, 1, k, k) / k)

    def forward(self, img):
        n_channels = img.size(1)
        return F.conv2d(img, self.kernel, None, self.stride, self.padding, groups=n_channels)


def get_inputs():
    return [torch.rand(4, 12, 28, 28)]


def get_init_inputs():
    return [12, 5, 1, 2]
