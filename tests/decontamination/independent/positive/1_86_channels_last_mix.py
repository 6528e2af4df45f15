# KernelBench level 1 problem 86, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class SeparableFilter(nn.Module):
    def __init__(self, cin, cout, k):
        super().__init__()
        self.spatial = nn.Parameter(torch.empty(cin, 1, k, k).normal_(0, 0.3))
        self.mixing = nn.Parameter(torch.empty(cout, cin).normal_(0, 0.3))
        self.k = k

    def forward(self, x):
        per_channel = F.conv2d(x, self.spatial, padding=self.k // 2, groups=x.shape[1])
        mixed = F.linear(per_channel.permute(0, 2, 3, 1), self.mixing)
        return mixed.permute(0, 3, 1, 2).contiguous()


def get_inputs():
    return [torch.rand(4, 12, 28, 28)]


def get_init_inputs():
    return [12, 20, 3]
