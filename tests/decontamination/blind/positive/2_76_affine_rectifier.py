# KernelBench level 2 problem 76, rewritten
import torch
import torch.nn as nn


class AffineRectifier(nn.Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(n_out, n_in) * n_in**-0.5)
        self.bias = nn.Parameter(torch.randn(n_out))

    def forward(self, v):
        pre = torch.addmm(self.bias, v, self.weight.t())
        return torch.maximum(pre, pre.new_zeros(()))


def get_inputs():
    return [torch.rand(14, 33)]


def get_init_inputs():
    return [33, 27]
