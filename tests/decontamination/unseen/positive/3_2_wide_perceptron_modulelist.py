# KernelBench level 3 problem 2, rewritten
import itertools

import torch
from torch import nn


class WidePerceptron(nn.Module):
    def __init__(self, d_in, widths, d_out):
        super().__init__()
        sizes = [d_in, *widths, d_out]
        self.affines = nn.ModuleList(nn.Linear(a, b) for a, b in itertools.pairwise(sizes))

    def forward(self, rows):
        *inner, last = self.affines
        for layer in inner:
            rows = layer(rows).relu()
        return last(rows)


def get_inputs():
    return [2 * torch.randn(8, 40)]


def get_init_inputs():
    return [40, [64, 64], 24]
