# KernelBench level 1 problem 51, rewritten
import torch
from torch import nn


class BestIndex(nn.Module):
    """Index of the largest entry along one axis, e.g. the winning class of a score volume."""

    def __init__(self, axis=1):
        super().__init__()
        self.axis = axis

    def forward(self, scores):
        _, winner = scores.max(dim=self.axis)
        return winner


def get_inputs():
    return [torch.randn(6, 21, 40)]


def get_init_inputs():
    return [1]
