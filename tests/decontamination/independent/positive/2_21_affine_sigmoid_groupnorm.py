# KernelBench level 2 problem 21, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class ChannelAffine(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.add = nn.Parameter(torch.randn(c))
        self.mul = nn.Parameter(torch.randn(c))

    def forward(self, t):
        shape = (-1, 1, 1)
        return (t + self.add.view(shape)) * self.mul.view(shape)


class Encoder(nn.Module):
    def __init__(self, cin, cout, groups):
        super().__init__()
        self.groups = groups
        self.stack = nn.Sequential(nn.Conv2d(cin, cout, kernel_size=3), ChannelAffine(cout), nn.Sigmoid())
        self.weight = nn.Parameter(torch.ones(cout))
        self.bias = nn.Parameter(torch.zeros(cout))

    def forward(self, x):
        return F.group_norm(self.stack(x), self.groups, self.weight, self.bias)


def get_inputs():
    return [torch.rand(4, 3, 24, 24)]


def get_init_inputs():
    return [3, 16, 4]
