# KernelBench level 1 problem 47, rewritten
import torch
from torch import nn


class Marginalise(nn.Module):
    def __init__(self, axis):
        super().__init__()
        self.axis = axis

    def forward(self, table):
        total = table.sum(self.axis)
        return total.unsqueeze(self.axis)


def get_inputs():
    return [torch.rand(8, 30, 25)]


def get_init_inputs():
    return [1]
