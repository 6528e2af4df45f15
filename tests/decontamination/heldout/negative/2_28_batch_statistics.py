# near KernelBench level 2 problem 28: batch normalisation (stored statistics) instead of instance normalisation
import torch
import torch.nn as nn


class BatchStatistics(nn.Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        self.dense = nn.Linear(n_in, n_out)
        self.norm = nn.BatchNorm1d(n_out, affine=False)

    def forward(self, x, y):
        h = self.norm(self.dense(x))
        return (h + y) * y


def get_inputs():
    return [torch.randn(6, 14), torch.randn(6, 10)]


def get_init_inputs():
    return [14, 10]
