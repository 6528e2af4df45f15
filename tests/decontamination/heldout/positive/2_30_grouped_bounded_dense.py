# KernelBench level 2 problem 30, rewritten
import torch
from torch import nn


def bounded_dense(n_in: int, n_out: int, groups: int, low: float, high: float) -> nn.Sequential:
    return nn.Sequential(nn.Linear(n_in, n_out), nn.GroupNorm(groups, n_out), nn.Hardtanh(low, high))


class Model(nn.Module):
    def __init__(self, *args):
        super().__init__()
        self.net = bounded_dense(*args)

    def forward(self, features):
        return self.net(features)


def get_inputs():
    return [torch.rand(5, 16)]


def get_init_inputs():
    return [16, 32, 4, -1.5, 1.5]
