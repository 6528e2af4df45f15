# KernelBench level 2 problem 51, rewritten
import math

import torch
from torch import nn


class CollapsedMeanResidual(nn.Module):
    def __init__(self, d_in, d_out):
        super().__init__()
        bound = 1.0 / math.sqrt(d_in)
        self.matrix = nn.Parameter(torch.empty(d_out, d_in).uniform_(-bound, bound))
        self.intercept = nn.Parameter(torch.empty(d_out).uniform_(-bound, bound))
        self.removed = nn.Parameter(torch.randn(d_out))

    def forward(self, rows):
        direction = self.matrix.mean(dim=0)
        level = (self.intercept - self.removed).mean()
        s = rows @ direction + level
        gate = 0.5 * s * (1 + torch.erf(s * math.sqrt(0.5)))
        return rows.detach() + gate[:, None]


def get_inputs():
    return [torch.randn(8, 24)]


def get_init_inputs():
    return [24, 16]
