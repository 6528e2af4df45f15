# KernelBench level 2 problem 68, rewritten
import torch
import torch.nn as nn


class Shortfall(nn.Module):
    """How far each unit stays below a threshold; zero where it is reached."""

    def __init__(self, n_in, n_out, level):
        super().__init__()
        self.units = nn.Linear(n_in, n_out)
        self.level = nn.Parameter(torch.tensor(level))

    def forward(self, x):
        return torch.clamp(self.units(x) - self.level, max=0.0)


def get_inputs():
    return [torch.randn(10, 14)]


def get_init_inputs():
    return [14, 12, 0.1]
