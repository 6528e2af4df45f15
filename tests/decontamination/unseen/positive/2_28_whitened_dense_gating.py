# KernelBench level 2 problem 28, rewritten
import torch
import torch.nn.functional as F
from torch import nn


class WhitenedDenseGate(nn.Module):
    def __init__(self, d_in, d_out, eps=1e-5):
        super().__init__()
        self.proj = nn.Linear(d_in, d_out)
        self.width = d_out
        self.eps = eps

    def forward(self, a, b):
        h = F.layer_norm(self.proj(a), (self.width,), eps=self.eps)
        return (h + b) * b


def get_inputs():
    return [torch.randn(8, 20), torch.randn(8, 16)]


def get_init_inputs():
    return [20, 16]
