# KernelBench level 1 problem 89, rewritten
import torch
from torch import nn


class PrefixSum(nn.Module):
    def __init__(self, axis):
        super().__init__()
        self.axis = axis

    def forward(self, seq):
        return seq.cumsum(self.axis)


def get_inputs():
    return [torch.rand(12, 60)]


def get_init_inputs():
    return [1]
