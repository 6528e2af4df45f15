# KernelBench level 2 problem 56, rewritten
import torch
from torch import nn


class LogisticUnitTotal(nn.Module):
    def __init__(self, d_in, units):
        super().__init__()
        self.dense = nn.Linear(d_in, units)
        self.squash = nn.Sigmoid()

    def forward(self, rows):
        active = self.squash(self.dense(rows))
        return active.sum(dim=-1, keepdim=True)


def get_inputs():
    return [torch.randn(12, 32)]


def get_init_inputs():
    return [32, 24]
