# KernelBench level 2 problem 22, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class EnergyHead(nn.Module):
    def __init__(self, d_in, d_hidden, scale, low, high):
        super().__init__()
        self.proj = nn.Linear(d_in, d_hidden)
        self.scale, self.low, self.high = scale, low, high

    def forward(self, x):
        logits = 2 * self.scale * self.proj(x)
        logits = logits.clamp_(self.low, self.high)
        peak, _ = logits.max(dim=1, keepdim=True)
        energy = peak + torch.log(torch.sum(torch.exp(logits - peak), dim=1, keepdim=True))
        return energy * energy * torch.tanh(F.softplus(energy))


def get_inputs():
    return [torch.randn(32, 40)]


def get_init_inputs():
    return [40, 64, 2.0, -3.0, 3.0]
