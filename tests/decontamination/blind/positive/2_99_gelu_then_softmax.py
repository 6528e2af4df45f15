# KernelBench level 2 problem 99, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class GeluDistribution(nn.Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(n_out, n_in) / n_in**0.5)
        self.bias = nn.Parameter(torch.zeros(n_out))

    def forward(self, v):
        scores = F.gelu(v @ self.weight.T + self.bias)
        unnorm = (scores - scores.max(dim=-1, keepdim=True).values).exp()
        return unnorm / unnorm.sum(dim=-1, keepdim=True)


def get_inputs():
    return [torch.randn(12, 44)]


def get_init_inputs():
    return [44, 25]
