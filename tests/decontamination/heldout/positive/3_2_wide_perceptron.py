# KernelBench level 3 problem 2, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class WidePerceptron(nn.Module):
    """Two wide hidden layers and an output layer."""

    def __init__(self, n_in: int, width: int, n_out: int):
        super().__init__()
        self.first = nn.Linear(n_in, width)
        self.second = nn.Linear(width, width)
        self.out = nn.Linear(width, n_out)

    def forward(self, x):
        x = F.relu(self.first(x))
        x = F.relu(self.second(x))
        return self.out(x)


def get_inputs():
    return [torch.randn(8, 32)]


def get_init_inputs():
    return [32, 96, 16]
