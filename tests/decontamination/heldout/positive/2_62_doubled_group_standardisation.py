# KernelBench level 2 problem 62, rewritten
import torch
import torch.nn as nn


class GroupStandardised(nn.Module):
    """Dense layer, standardised in groups of features by hand, leaky, doubled."""

    def __init__(self, n_in, n_out, groups):
        super().__init__()
        self.dense = nn.Linear(n_in, n_out)
        self.gain = nn.Parameter(torch.ones(n_out))
        self.shift = nn.Parameter(torch.zeros(n_out))
        self.groups = groups

    def forward(self, x):
        z = self.dense(x)
        g = z.view(z.size(0), self.groups, -1)
        centred = g - g.mean(dim=-1, keepdim=True)
        spread = centred.pow(2).mean(dim=-1, keepdim=True)
        g = centred / torch.sqrt(spread + 1e-5)
        z = g.view_as(z) * self.gain + self.shift
        z = torch.maximum(z, 0.01 * z)
        return 2.0 * z


def get_inputs():
    return [torch.randn(6, 12)]


def get_init_inputs():
    return [12, 24, 6]
