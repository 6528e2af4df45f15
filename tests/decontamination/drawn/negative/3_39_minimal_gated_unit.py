# near KernelBench level 3 problem 39: a single forget gate does the work of reset and update gate (MGU)
import torch
from torch import nn


class MinimalGatedUnit(nn.Module):
    def __init__(self, n_in, n_hidden):
        super().__init__()
        self.gate = nn.Linear(n_in + n_hidden, n_hidden)
        self.candidate = nn.Linear(n_in + n_hidden, n_hidden)

    def forward(self, steps, h):
        outputs = []
        for x in steps:
            f = torch.sigmoid(self.gate(torch.cat([x, h], dim=-1)))
            proposal = torch.tanh(self.candidate(torch.cat([x, f * h], dim=-1)))
            h = torch.lerp(h, proposal, f)
            outputs.append(h)
        return torch.stack(outputs)


def get_inputs():
    return [torch.randn(10, 4, 6), torch.zeros(4, 12)]


def get_init_inputs():
    return [6, 12]
