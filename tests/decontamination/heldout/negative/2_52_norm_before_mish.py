# near KernelBench level 2 problem 52: batch normalisation before the activation
import torch
import torch.nn as nn
import torch.nn.functional as F


class NormBeforeMish(nn.Module):
    def __init__(self, cin, cout, k):
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, k)
        self.bn = nn.BatchNorm2d(cout)

    def forward(self, x):
        h = self.bn(self.conv(x))
        return torch.tanh(F.softplus(h)) * h


def get_inputs():
    return [torch.randn(2, 4, 12, 12)]


def get_init_inputs():
    return [4, 6, 3]
