# near KernelBench level 2 problem 54: the leaky rectifier comes before the learnt multiplier
import torch
import torch.nn as nn
import torch.nn.functional as F


class LeakyBeforeWeights(nn.Module):
    def __init__(self, cin, cout, k):
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, k)
        self.multiplier = nn.Parameter(torch.randn(cout, 1, 1))

    def forward(self, x):
        h = F.leaky_relu(self.conv(x)) * self.multiplier
        return F.gelu(h)


def get_inputs():
    return [torch.randn(2, 4, 12, 12)]


def get_init_inputs():
    return [4, 6, 3]
