# near KernelBench level 2 problem 21: a bell-shaped activation instead of the sigmoid
import torch
import torch.nn as nn


class Bell(nn.Module):
    def __init__(self, cin, cout, groups):
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, 3)
        self.bias = nn.Parameter(torch.randn(cout, 1, 1))
        self.scale = nn.Parameter(torch.randn(cout, 1, 1))
        self.group_norm = nn.GroupNorm(groups, cout)

    def forward(self, x):
        x = (self.conv(x) + self.bias) * self.scale
        x = torch.exp(-x.square())
        return self.group_norm(x)


def get_inputs():
    return [torch.rand(4, 3, 20, 20)]


def get_init_inputs():
    return [3, 12, 3]
