# KernelBench level 2 problem 29, inside a larger model
import torch
import torch.nn as nn
import torch.nn.functional as F


class TwiceMishTrunk(nn.Module):
    """Normalised features, a doubly activated hidden layer, and a small regression head."""

    def __init__(self, n_in, n_hidden, n_out):
        super().__init__()
        self.norm = nn.LayerNorm(n_in)
        self.hidden = nn.Linear(n_in, n_hidden)
        self.head = nn.Linear(n_hidden, n_out)

    def forward(self, x):
        h = self.hidden(self.norm(x))
        h = F.mish(F.mish(h))
        return torch.sigmoid(self.head(h))


def get_inputs():
    return [torch.randn(8, 24)]


def get_init_inputs():
    return [24, 40, 3]
