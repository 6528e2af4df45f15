# near KernelBench level 1 problem 1: a triple product with a transpose instead of one square product
import torch
from torch import nn


class Congruence(nn.Module):
    def forward(self, basis, form):
        return basis.T @ form @ basis


def get_inputs():
    return [torch.randn(64, 64), torch.randn(64, 64)]


def get_init_inputs():
    return []
