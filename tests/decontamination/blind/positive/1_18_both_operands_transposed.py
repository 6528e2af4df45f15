# KernelBench level 1 problem 18, rewritten
import torch
import torch.nn as nn


class DoubleTransposedMM(nn.Module):
    def forward(self, a_km, b_nk):
        # A^T B^T == (B A)^T
        return torch.mm(b_nk, a_km).t()


m, k, n = 20, 56, 36


def get_inputs():
    return [torch.rand(k, m), torch.rand(n, k)]


def get_init_inputs():
    return []
