# KernelBench level 2 problem 27, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class VolumeDescriptor(nn.Module):
    def __init__(self, cin, cout, groups):
        super().__init__()
        self.conv_weight = nn.Parameter(torch.randn(cout, cin, 3, 3, 3) * 0.1)
        self.conv_bias = nn.Parameter(torch.zeros(cout))
        self.norm = nn.GroupNorm(groups, cout)
        self.drop = nn.Dropout3d(0.2)

    def forward(self, scan):
        y = F.conv3d(scan, self.conv_weight, self.conv_bias)
        y = y * F.relu6(y + 3) / 6
        y = self.drop(self.norm(y))
        return y.flatten(start_dim=2).mean(dim=-1)


def get_inputs():
    return [torch.rand(3, 2, 8, 10, 10)]


def get_init_inputs():
    return [2, 12, 3]
