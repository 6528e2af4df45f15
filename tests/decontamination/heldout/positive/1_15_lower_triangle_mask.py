# KernelBench level 1 problem 15, rewritten
import torch
import torch.nn as nn


class Model(nn.Module):
    """Multiplies lower-triangular matrices and keeps the lower triangle of the result."""

    def forward(self, x, y):
        n = x.shape[0]
        row = torch.arange(n, device=x.device).unsqueeze(1)
        col = torch.arange(n, device=x.device).unsqueeze(0)
        prod = x @ y
        return torch.where(row >= col, prod, torch.zeros_like(prod))


def get_inputs():
    return [torch.randn(40, 40).tril(), torch.randn(40, 40).tril()]


def get_init_inputs():
    return []
