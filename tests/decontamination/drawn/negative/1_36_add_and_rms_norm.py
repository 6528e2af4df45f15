# near KernelBench level 1 problem 36: residual addition and learned gain around an RMS norm of the last axis
import torch
from torch import nn


class AddRMSNorm(nn.Module):
    def __init__(self, dim, eps=1e-6):
        super().__init__()
        self.gain = nn.Parameter(torch.ones(dim))
        self.eps = eps

    def forward(self, hidden, residual):
        stream = hidden + residual
        inv = torch.rsqrt(stream.pow(2).mean(dim=-1, keepdim=True) + self.eps)
        return torch.cat([stream, stream * inv * self.gain], dim=-1)


def get_inputs():
    return [torch.randn(2, 9, 32), torch.randn(2, 9, 32)]


def get_init_inputs():
    return [32]
