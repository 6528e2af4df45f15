# near KernelBench level 1 problem 26: the GELU of one projection multiplies another one
import torch
from torch import nn
from torch.nn import functional as F


class GegluFeedForward(nn.Module):
    def __init__(self, d_model, d_inner):
        super().__init__()
        self.gate = nn.Linear(d_model, d_inner, bias=False)
        self.value = nn.Linear(d_model, d_inner, bias=False)
        self.out = nn.Linear(d_inner, d_model, bias=False)

    def forward(self, x):
        return self.out(F.gelu(self.gate(x)) * self.value(x))


def get_inputs():
    return [torch.randn(4, 10, 24)]


def get_init_inputs():
    return [24, 64]
