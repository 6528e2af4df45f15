# KernelBench level 1 problem 10, rewritten
import torch
from torch import nn


class BatchedTimesShared(nn.Module):
    """Multiply every row of a stack of matrices with one shared matrix."""

    def forward(self, stack, shared):
        n, rows, inner = stack.shape
        flat = stack.reshape(n * rows, inner)
        return torch.mm(flat, shared).reshape(n, rows, shared.size(1))


def get_inputs():
    return [torch.randn(3, 10, 12), torch.randn(12, 7)]


def get_init_inputs():
    return []
