# KernelBench level 2 problem 85, rewritten
import torch
from torch import nn


class ConvNormPoolClip(nn.Module):
    def __init__(self, c_in, c_out, k, groups, pool, lo=0.0, hi=1.0):
        super().__init__()
        self.conv = nn.Conv2d(c_in, c_out, k)
        self.norm = nn.GroupNorm(groups, c_out)
        self.channel_scale = nn.Parameter(torch.ones(1, c_out, 1, 1))
        self.pool = nn.MaxPool2d(pool)
        self.bounds = (lo, hi)

    def forward(self, image):
        features = self.norm(self.conv(image))
        features = self.pool(features * self.channel_scale)
        return features.clamp(*self.bounds)


def get_inputs():
    return [torch.rand(2, 4, 26, 26)]


def get_init_inputs():
    return [4, 12, 3, 4, 2]
