# KernelBench level 1 problem 92, rewritten
import torch
from torch import nn


class ExclusivePrefixSum(nn.Module):
    """Start offsets of consecutive segments: the running total before each element."""

    def __init__(self, axis=1):
        super().__init__()
        self.axis = axis

    def forward(self, lengths):
        inclusive = lengths.cumsum(self.axis)
        shifted = inclusive.roll(1, self.axis)
        shifted.select(self.axis, 0).zero_()
        return shifted


def get_inputs():
    return [torch.rand(12, 90)]


def get_init_inputs():
    return [1]
