# near KernelBench level 2 problem 37: normalisation is applied before the swish and the bias is last
import torch
from torch import nn
from torch.nn import functional as F


class NormSwishBias(nn.Module):
    def __init__(self, d_in, d_out, groups):
        super().__init__()
        self.fc = nn.Linear(d_in, d_out)
        self.norm = nn.GroupNorm(groups, d_out)
        self.bias = nn.Parameter(torch.randn(d_out))

    def forward(self, x):
        return F.silu(self.norm(self.fc(x))) + self.bias


def get_inputs():
    return [torch.randn(10, 32)]


def get_init_inputs():
    return [32, 48, 6]
