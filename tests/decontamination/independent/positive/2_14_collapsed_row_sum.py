# KernelBench level 2 problem 14, rewritten
import torch
import torch.nn as nn


class CollapsedProjection(nn.Module):
    """Summing all outputs of a projection needs only the column totals of its matrix."""

    def __init__(self, n_in, n_hidden, factor):
        super().__init__()
        self.matrix = nn.Parameter(torch.randn(n_hidden, n_in))
        self.factor = factor

    def forward(self, batch):
        column_totals = self.matrix.sum(dim=0)
        total = (batch * column_totals).sum(dim=-1)
        return (0.5 * self.factor * total).unsqueeze(-1)


def get_inputs():
    return [torch.rand(32, 96)]


def get_init_inputs():
    return [96, 128, 1.5]
