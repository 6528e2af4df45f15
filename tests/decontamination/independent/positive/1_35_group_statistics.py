# KernelBench level 1 problem 35, rewritten
import torch
import torch.nn as nn


class GroupStats(nn.Module):
    def __init__(self, channels, groups):
        super().__init__()
        self.groups = groups
        self.gamma = nn.Parameter(torch.ones(1, channels, 1, 1))
        self.beta = nn.Parameter(torch.zeros(1, channels, 1, 1))

    def forward(self, img):
        n, c, h, w = img.shape
        g = img.reshape(n, self.groups, -1)
        mu = g.mean(-1, keepdim=True)
        centred = g - mu
        sigma = (centred.square().mean(-1, keepdim=True) + 1e-5).sqrt()
        return (centred / sigma).reshape(n, c, h, w) * self.gamma + self.beta


def get_inputs():
    return [torch.randn(4, 12, 18, 18)]


def get_init_inputs():
    return [12, 4]
