# KernelBench level 2 problem 51, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class ScalarResidual(nn.Module):
    """Adds one number per row (pooled, gated) onto the row itself."""

    def __init__(self, features, hidden):
        super().__init__()
        self.fc = nn.Linear(features, hidden)
        self.center = nn.Parameter(torch.randn(hidden))

    def pooled(self, rows):
        h = self.fc(rows).sub(self.center)
        m = h.mean(-1, keepdim=True)
        return m.logsumexp(-1, keepdim=True)

    def forward(self, rows):
        return rows.detach() + F.gelu(self.pooled(rows))


def get_inputs():
    return [torch.randn(4, 18)]


def get_init_inputs():
    return [18, 10]
