# KernelBench level 1 problem 91, rewritten
import torch
import torch.nn as nn


class SuffixTotals(nn.Module):
    def __init__(self, axis):
        super().__init__()
        self.axis = axis

    def forward(self, values):
        prefix_inclusive = values.cumsum(self.axis)
        everything = values.sum(self.axis, keepdim=True)
        # what is left from position i onwards = all - (what came before i)
        before = prefix_inclusive - values
        return everything - before


def get_inputs():
    return [torch.randn(64, 200, dtype=torch.float64)]


def get_init_inputs():
    return [1]
