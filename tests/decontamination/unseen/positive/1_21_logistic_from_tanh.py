# KernelBench level 1 problem 21, rewritten
import torch
from torch import nn


def logistic(t):
    return torch.tanh(t * 0.5).add(1.0).mul(0.5)


class Squash(nn.Module):
    def forward(self, t):
        return logistic(t)


def get_inputs():
    return [2 * torch.randn(16, 200)]


def get_init_inputs():
    return []
