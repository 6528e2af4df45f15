# KernelBench level 1 problem 64, rewritten
import torch
from torch import nn
from torch.nn import functional as F


class SignalExpander(nn.Module):
    def __init__(self, c_in, c_out, taps, stride=1):
        super().__init__()
        self.stride = stride
        self.taps = nn.Parameter(torch.empty(c_in, c_out, taps))
        nn.init.xavier_uniform_(self.taps)

    def forward(self, wave):
        return F.conv_transpose1d(wave, self.taps, stride=self.stride)


def get_inputs():
    return [torch.randn(4, 16, 120)]


def get_init_inputs():
    return [16, 12, 3]
