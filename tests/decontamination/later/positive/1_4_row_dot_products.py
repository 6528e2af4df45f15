# KernelBench level 1 problem 4, rewritten
import torch
import torch.nn as nn


class MatVec(nn.Module):
    def forward(self, matrix, column):
        # every output is the dot product of one row with the column
        return (matrix * column.t()).sum(dim=1, keepdim=True)


def get_inputs():
    return [torch.randn(24, 96), torch.randn(96, 1)]


def get_init_inputs():
    return []
