# KernelBench level 2 problem 83, rewritten
import torch
from torch import nn


class Model(nn.Module):
    """Group-normalised volume features, capped from above, clamped to a range, thinned while training."""

    def __init__(self, cin, cout, k, groups, lower, upper, p):
        super().__init__()
        self.lower, self.upper = lower, upper
        self.block = nn.Sequential(nn.Conv3d(cin, cout, k), nn.GroupNorm(groups, cout))
        self.thin = nn.Dropout(p)

    def forward(self, v):
        y = self.block(v)
        cap = torch.full_like(y, self.lower)
        y = torch.minimum(y, cap).clamp(self.lower, self.upper)
        return self.thin(y)


def get_inputs():
    return [torch.rand(2, 3, 6, 9, 9)]


def get_init_inputs():
    return [3, 8, 3, 4, 0.0, 1.0, 0.1]
