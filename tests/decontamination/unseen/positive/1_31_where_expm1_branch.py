# KernelBench level 1 problem 31, rewritten
import torch
from torch import nn


class ExpLinear(nn.Module):
    def __init__(self, a):
        super().__init__()
        self.a = a

    def forward(self, u):
        negative = self.a * torch.expm1(u)
        return torch.where(u > 0, u, negative)


def get_inputs():
    return [torch.randn(16, 128)]


def get_init_inputs():
    return [1.0]
