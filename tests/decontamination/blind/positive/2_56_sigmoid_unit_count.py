# KernelBench level 2 problem 56, rewritten
import torch
import torch.nn as nn


class SigmoidMass(nn.Module):
    """Total sigmoid activation of a linear layer, one number per sample."""

    def __init__(self, n_in, n_hidden):
        super().__init__()
        self.W = nn.Parameter(torch.randn(n_hidden, n_in) / n_in**0.5)
        self.c = nn.Parameter(torch.zeros(n_hidden))

    def forward(self, v):
        pre = torch.einsum("bi,hi->bh", v, self.W) + self.c
        gates = 1.0 / (1.0 + torch.exp(-pre))
        return gates.sum(-1).unsqueeze(-1)


def get_inputs():
    return [torch.randn(18, 50)]


def get_init_inputs():
    return [50, 64]
