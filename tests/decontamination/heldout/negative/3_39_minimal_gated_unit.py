# near KernelBench level 3 problem 39: a minimal gated unit (one gate) instead of a GRU
import torch
import torch.nn as nn


class MinimalGatedUnit(nn.Module):
    def __init__(self, n_in, n_hidden):
        super().__init__()
        self.gate = nn.Linear(n_in + n_hidden, n_hidden)
        self.candidate = nn.Linear(n_in + n_hidden, n_hidden)

    def forward(self, seq, h):
        outs = []
        for x in seq:
            f = torch.sigmoid(self.gate(torch.cat([x, h], dim=1)))
            new = torch.tanh(self.candidate(torch.cat([x, f * h], dim=1)))
            h = (1 - f) * h + f * new
            outs.append(h)
        return torch.stack(outs)


def get_inputs():
    return [torch.randn(6, 3, 8), torch.randn(3, 10)]


def get_init_inputs():
    return [8, 10]
