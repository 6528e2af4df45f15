# KernelBench level 2 problem 39, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class ScaledDenseBN(nn.Module):
    def __init__(self, n_in, n_out, eps=1e-5, momentum=0.1):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(n_out, n_in) / n_in**0.5)
        self.bias = nn.Parameter(torch.zeros(n_out))
        self.feature_gain = nn.Parameter(torch.randn(n_out))
        self.normalise = nn.BatchNorm1d(n_out, eps=eps, momentum=momentum)

    def forward(self, batch):
        # fold the per-feature gain into the linear map
        w = self.feature_gain[:, None] * self.weight
        b = self.feature_gain * self.bias
        return self.normalise(F.linear(batch, w, b))


def get_inputs():
    return [torch.rand(32, 24)]


def get_init_inputs():
    return [24, 20]
