# KernelBench level 2 problem 79, rewritten
import torch
import torch.nn as nn


class BoundedStandardiser(nn.Module):
    def __init__(self, cin, cout, low=-1.0, high=1.0):
        super().__init__()
        self.extract = nn.Conv3d(cin, cout, kernel_size=3)
        self.attention = nn.Parameter(torch.randn(cout, 1, 1, 1))
        self.bounds = (low, high)

    def forward(self, clip):
        z = self.attention * self.extract(clip)
        var, mean = torch.var_mean(z, dim=(2, 3, 4), unbiased=False, keepdim=True)
        z = (z - mean) / torch.sqrt(var + 1e-5)
        z = torch.clip(z, *self.bounds) * self.attention
        return z.amax(1)


def get_inputs():
    return [torch.rand(2, 3, 7, 12, 12)]


def get_init_inputs():
    return [3, 8]
