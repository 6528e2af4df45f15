# KernelBench level 2 problem 8, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class PooledVolumeScore(nn.Module):
    """One score per volume: local features, strongest response per cell, averages, offsets, total."""

    def __init__(self, cin=4, cout=8, k=3, temperature=2.0, cell=2):
        super().__init__()
        self.features = nn.Conv3d(cin, cout, k)
        self.offset = nn.Parameter(torch.randn(cout, 1, 1, 1))
        self.temperature = temperature
        self.cell = cell

    def forward(self, v):
        h = self.features(v) / self.temperature
        h = F.max_pool3d(h, self.cell)
        h = F.adaptive_avg_pool3d(h, 1) + self.offset
        return h.sum(dim=1)


def get_inputs():
    return [torch.rand(2, 4, 8, 12, 12)]


def get_init_inputs():
    return []
