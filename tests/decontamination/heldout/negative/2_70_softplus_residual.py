# near KernelBench level 2 problem 70: softplus instead of the sigmoid
import torch
import torch.nn as nn
import torch.nn.functional as F


class SoftplusResidual(nn.Module):
    def __init__(self, n_in, n_out, factor):
        super().__init__()
        self.gemm = nn.Linear(n_in, n_out)
        self.factor = factor

    def forward(self, x):
        base = self.gemm(x)
        return F.softplus(base) * self.factor + base


def get_inputs():
    return [torch.randn(8, 16)]


def get_init_inputs():
    return [16, 12, 2.0]
