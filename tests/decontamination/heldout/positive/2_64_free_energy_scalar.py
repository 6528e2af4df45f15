# KernelBench level 2 problem 64, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class FreeEnergyScalar(nn.Module):
    def __init__(self, n_in, n_states):
        super().__init__()
        self.states = nn.Linear(n_in, n_states)
        self.tail = nn.Sequential(nn.LeakyReLU(), nn.LeakyReLU(), nn.GELU(), nn.GELU())

    def forward(self, x):
        z = F.linear(x, self.states.weight, self.states.bias)
        z = z.logsumexp(dim=-1).unsqueeze(1)
        return self.tail(z)


def get_inputs():
    return [torch.randn(9, 15)]


def get_init_inputs():
    return [15, 21]
