# KernelBench level 2 problem 86, rewritten
import math

import torch
import torch.nn as nn


class DenseDivideGelu(nn.Module):
    def __init__(self, n_in, n_out, denom):
        super().__init__()
        self.lin = nn.Linear(n_in, n_out)
        self.denom = denom

    def forward(self, v):
        z = self.lin(v) * (1.0 / self.denom)
        return 0.5 * z * (1.0 + torch.erf(z / math.sqrt(2.0)))


def get_inputs():
    return [8 * torch.randn(16, 40)]


def get_init_inputs():
    return [40, 30, 10.0]
