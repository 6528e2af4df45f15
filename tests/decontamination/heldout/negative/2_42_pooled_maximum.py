# near KernelBench level 2 problem 42: a maximum over the channels instead of the log-sum-exp
import torch
import torch.nn as nn


class PooledMaximum(nn.Module):
    def __init__(self, cin, cout, k):
        super().__init__()
        self.up = nn.ConvTranspose2d(cin, cout, k)
        self.bias = nn.Parameter(torch.randn(cout, 1, 1))

    def forward(self, x):
        x = self.up(x).mean(dim=(2, 3), keepdim=True) + self.bias
        x = x.max(dim=1, keepdim=True).values
        return x.sum(dim=(2, 3)) * 10.0


def get_inputs():
    return [torch.rand(2, 4, 10, 10)]


def get_init_inputs():
    return [4, 6, 3]
