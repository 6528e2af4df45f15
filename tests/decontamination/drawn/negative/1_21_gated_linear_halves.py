# near KernelBench level 1 problem 21: the sigmoid of one half gates the other half
import torch
from torch import nn


class GatedHalves(nn.Module):
    def forward(self, x):
        value, gate = x.chunk(2, dim=-1)
        return value * gate.sigmoid()


def get_inputs():
    return [torch.randn(16, 128)]


def get_init_inputs():
    return []
