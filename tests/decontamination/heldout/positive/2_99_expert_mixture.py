# KernelBench level 2 problem 99, inside a larger model
import torch
import torch.nn as nn
import torch.nn.functional as F


class ExpertMixture(nn.Module):
    """Mixes linear experts; the router activates its logits before it normalises them."""

    def __init__(self, d_in, d_out, experts):
        super().__init__()
        self.router = nn.Linear(d_in, experts)
        self.experts = nn.ModuleList([nn.Linear(d_in, d_out) for _ in range(experts)])
        self.norm = nn.LayerNorm(d_out)

    def forward(self, x):
        weights = F.softmax(F.gelu(self.router(x)), dim=1)
        answers = torch.stack([e(x) for e in self.experts], dim=1)
        mixed = (weights.unsqueeze(-1) * answers).sum(dim=1)
        return self.norm(mixed)


def get_inputs():
    return [torch.randn(6, 16)]


def get_init_inputs():
    return [16, 12, 4]
