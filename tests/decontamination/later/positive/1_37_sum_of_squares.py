# KernelBench level 1 problem 37, rewritten
import torch
from torch import nn


class UnitFrobenius(nn.Module):
    def forward(self, t):
        energy = (t * t).sum()
        return t * energy.rsqrt()


def get_inputs():
    return [torch.rand(3, 4, 8, 8)]


def get_init_inputs():
    return []
