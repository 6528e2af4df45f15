# near KernelBench level 2 problem 1: softplus instead of ReLU before the bias
import torch
import torch.nn as nn
import torch.nn.functional as F


class SoftplusBias(nn.Module):
    def __init__(self, cin, cout, k):
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, k)
        self.offset = nn.Parameter(torch.randn(cout, 1, 1))

    def forward(self, x):
        return F.softplus(self.conv(x)) + self.offset


def get_inputs():
    return [torch.rand(2, 4, 12, 12)]


def get_init_inputs():
    return [4, 6, 3]
