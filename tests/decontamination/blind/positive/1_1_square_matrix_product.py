# KernelBench level 1 problem 1, rewritten
import torch
from torch import nn


class SquareProduct(nn.Module):
    """Product of two n-by-n matrices."""

    def forward(self, left, right):
        return left @ right


SIDE = 48


def get_inputs():
    return [torch.randn(SIDE, SIDE), torch.randn(SIDE, SIDE)]


def get_init_inputs():
    return []
