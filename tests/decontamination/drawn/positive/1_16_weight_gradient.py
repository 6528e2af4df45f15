# KernelBench level 1 problem 16, rewritten
import torch
from torch import nn


class WeightGradient(nn.Module):
    """Gradient of a linear layer's weight: activations transposed times output gradients."""

    def forward(self, activations, grad_out):
        return activations.t() @ grad_out


def get_inputs():
    rows = 128
    return [torch.randn(rows, 40), torch.randn(rows, 56)]


def get_init_inputs():
    return []
