# KernelBench level 2 problem 22, rewritten
import torch
from torch import nn
from torch.nn import functional as F


class ClampedEnergy(nn.Module):
    def __init__(self, d_in, d_hidden, scale=2.0, limits=(-10.0, 10.0)):
        super().__init__()
        self.fc = nn.Linear(d_in, d_hidden)
        self.scale = scale
        self.limits = limits

    def forward(self, x):
        lo, hi = self.limits
        h = self.fc(x) * self.scale
        h = torch.clamp(h + h, min=lo, max=hi)
        energy = h.logsumexp(dim=1, keepdim=True)
        return energy * F.mish(energy)


def get_inputs():
    return [torch.randn(12, 40)]


def get_init_inputs():
    return [40, 56, 1.5, (-4.0, 4.0)]
