# KernelBench level 2 problem 12, rewritten
import torch
from torch import nn


class LeakyScaledDense(nn.Module):
    def __init__(self, n_in, n_out, alpha=2.0, slope=0.1):
        super().__init__()
        self.dense = nn.Linear(n_in, n_out)
        self.alpha = alpha
        self.slope = slope

    def forward(self, x):
        y = self.alpha * self.dense(x)
        return torch.where(y > 0, y, self.slope * y)


def get_inputs():
    return [torch.randn(10, 32)]


def get_init_inputs():
    return [32, 24, 1.5, 0.2]
