# KernelBench level 2 problem 23, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class VolumeScore(nn.Module):
    def __init__(self, c_in, c_out, k, groups):
        super().__init__()
        self.conv = nn.Conv3d(c_in, c_out, k)
        self.groups = groups
        self.alpha = nn.Parameter(torch.ones(c_out))
        self.delta = nn.Parameter(torch.zeros(c_out))

    def forward(self, clip):
        f = F.group_norm(self.conv(clip), self.groups, self.alpha, self.delta)
        return f.flatten(1).mean(1)


def get_inputs():
    return [torch.randn(3, 3, 6, 7, 7)]


def get_init_inputs():
    return [3, 8, 3, 4]
