# near KernelBench level 1 problem 14: solves with the upper-triangular matrix instead of multiplying by it
import torch
from torch import nn


class BackSubstitution(nn.Module):
    def forward(self, upper, rhs):
        n = upper.shape[0]
        rows = [None] * n
        for i in range(n - 1, -1, -1):
            acc = rhs[i]
            for j in range(i + 1, n):
                acc = acc - upper[i, j] * rows[j]
            rows[i] = acc / upper[i, i]
        return torch.stack(rows)


def get_inputs():
    n = 12
    upper = torch.triu(torch.rand(n, n)) + 2.0 * torch.eye(n)
    return [upper, torch.randn(n, 5)]


def get_init_inputs():
    return []
