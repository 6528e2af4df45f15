# near KernelBench level 2 problem 51: the pooled value gates the input instead of being added, no logsumexp
import torch
import torch.nn as nn


class MultipliedBack(nn.Module):
    def __init__(self, in_features, out_features):
        super().__init__()
        self.gemm = nn.Linear(in_features, out_features)
        self.subtract = nn.Parameter(torch.randn(out_features))

    def forward(self, x):
        gate = self.gemm(x) - self.subtract
        gate = torch.sigmoid(gate.mean(dim=1, keepdim=True))
        return gate * x


def get_inputs():
    return [torch.randn(32, 40)]


def get_init_inputs():
    return [40, 56]
