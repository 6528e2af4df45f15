# near KernelBench level 2 problem 51: no mean, so the log-sum-exp runs over all the features
import torch
import torch.nn as nn
import torch.nn.functional as F


class PartitionResidual(nn.Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        self.gemm = nn.Linear(n_in, n_out)
        self.taken = nn.Parameter(torch.randn(n_out))

    def forward(self, x):
        h = self.gemm(x) - self.taken
        h = F.gelu(torch.logsumexp(h, dim=1, keepdim=True))
        return h + x


def get_inputs():
    return [torch.randn(6, 15)]


def get_init_inputs():
    return [15, 20]
