# KernelBench level 2 problem 93, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class NegativeSideGelu(nn.Module):
    def __init__(self, cin, cout, k, stride, shift, gain):
        super().__init__()
        self.up = nn.ConvTranspose2d(cin, cout, k, stride=stride)
        self.shift, self.gain = shift, gain

    def forward(self, x):
        h = (self.up(x) + self.shift).clamp(max=0)
        return F.gelu(h) * self.gain


def get_inputs():
    return [torch.randn(2, 4, 6, 6)]


def get_init_inputs():
    return [4, 6, 4, 2, 0.5, 2.0]
