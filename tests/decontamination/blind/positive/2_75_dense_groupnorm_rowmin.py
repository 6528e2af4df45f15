# KernelBench level 2 problem 75, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class DenseNormRowMin(nn.Module):
    def __init__(self, n_in, n_out, groups):
        super().__init__()
        self.fc = nn.Linear(n_in, n_out)
        self.groups = groups
        self.gn_weight = nn.Parameter(torch.ones(n_out))
        self.gn_bias = nn.Parameter(torch.zeros(n_out))
        self.table = nn.Parameter(torch.randn(n_out))

    def forward(self, v):
        h = F.group_norm(self.fc(v), self.groups, self.gn_weight, self.gn_bias)
        lowest = h.amin(dim=1)
        # every bias entry meets every sample: (1, n_out, batch, 1)
        grid = self.table.unsqueeze(1) + lowest.unsqueeze(0)
        return grid[None, :, :, None]


def get_inputs():
    return [torch.rand(10, 28)]


def get_init_inputs():
    return [28, 24, 6]
