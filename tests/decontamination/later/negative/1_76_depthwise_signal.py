# near KernelBench level 1 problem 76, another function
import torch
import torch.nn as nn
import torch.nn.functional as F


class PerChannelFilter(nn.Module):
    def __init__(self, channels, taps, step, spread):
        super().__init__()
        self.step, self.spread = step, spread
        self.kernel = nn.Parameter(torch.randn(channels, 1, taps) / taps**0.5)

    def forward(self, signal):
        return F.conv1d(signal, self.kernel, stride=self.step, dilation=self.spread, groups=signal.size(1))


def get_inputs():
    return [torch.randn(3, 4, 50)]


def get_init_inputs():
    return [4, 3, 3, 4]
