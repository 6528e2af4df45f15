# KernelBench level 1 problem 25, rewritten
import torch
import torch.nn as nn


class SmoothGate(nn.Module):
    """Self-gated activation written with tanh of the half argument."""

    def forward(self, t):
        half = t * 0.5
        gate = torch.tanh(half)
        return torch.addcmul(half, half, gate)


def get_inputs():
    return [torch.randn(16, 8, 40)]


def get_init_inputs():
    return []
