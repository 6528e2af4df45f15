# near KernelBench level 3 problem 3, another function
import torch
import torch.nn as nn


class ResidualPerceptron(nn.Module):
    def __init__(self, n_in, width, depth, n_out):
        super().__init__()
        self.enter = nn.Linear(n_in, width)
        self.steps = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))
        self.leave = nn.Linear(width, n_out)

    def forward(self, x):
        x = self.enter(x)
        for step in self.steps:
            x = x + step(x).relu()
        return self.leave(x)


def get_inputs():
    return [torch.randn(4, 20)]


def get_init_inputs():
    return [20, 16, 15, 12]
