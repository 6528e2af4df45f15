# near KernelBench level 2 problem 27: the variance of each channel after the norm instead of its mean
import torch
import torch.nn as nn
import torch.nn.functional as F


class ChannelVariance(nn.Module):
    def __init__(self, cin, cout, groups):
        super().__init__()
        self.conv = nn.Conv3d(cin, cout, 3)
        self.group_norm = nn.GroupNorm(groups, cout)

    def forward(self, x):
        x = F.hardswish(self.conv(x))
        x = self.group_norm(x)
        return torch.var(x, dim=[2, 3, 4], unbiased=False)


def get_inputs():
    return [torch.rand(3, 2, 8, 10, 10)]


def get_init_inputs():
    return [2, 12, 4]
