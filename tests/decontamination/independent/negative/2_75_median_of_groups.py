# near KernelBench level 2 problem 75: the median instead of the minimum
import torch
import torch.nn as nn


class MedianHead(nn.Module):
    def __init__(self, n_in, n_out, groups):
        super().__init__()
        self.gemm = nn.Linear(n_in, n_out)
        self.group_norm = nn.GroupNorm(groups, n_out)
        self.bias = nn.Parameter(torch.randn(1, 4))

    def forward(self, x):
        x = self.group_norm(self.gemm(x))
        x = torch.median(x, dim=1, keepdim=True).values
        return x + self.bias


def get_inputs():
    return [torch.randn(32, 40)]


def get_init_inputs():
    return [40, 48, 6]
