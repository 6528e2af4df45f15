# KernelBench level 1 problem 4, rewritten
import torch
from torch import nn


class RowDots(nn.Module):
    def forward(self, table, column):
        coeffs = column.reshape(1, -1)
        return (table * coeffs).sum(dim=-1, keepdim=True)


def get_inputs():
    return [torch.randn(24, 300), torch.randn(300, 1)]


def get_init_inputs():
    return []
