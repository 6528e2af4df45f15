# KernelBench level 1 problem 15, rewritten
import torch
from torch import nn

SIZE = 96


def random_lower(n):
    rows = torch.arange(n).unsqueeze(1)
    cols = torch.arange(n).unsqueeze(0)
    return torch.randn(n, n) * (rows >= cols)


class LowerFactorProduct(nn.Module):
    """Product of two lower-triangular factors, with the part above the diagonal forced to exact zero."""

    def forward(self, left, right):
        full = left @ right
        keep = torch.ones_like(full, dtype=torch.bool).tril()
        return full.masked_fill(~keep, 0.0)


def get_inputs():
    return [random_lower(SIZE), random_lower(SIZE)]


def get_init_inputs():
    return []
