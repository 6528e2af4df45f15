# near KernelBench level 1 problem 37, another function
import torch
from torch import nn


class UnitChannels(nn.Module):
    def forward(self, t):
        length = torch.sqrt((t * t).sum(dim=1, keepdim=True))
        return t / length


def get_inputs():
    return [torch.rand(3, 4, 8, 8)]


def get_init_inputs():
    return []
