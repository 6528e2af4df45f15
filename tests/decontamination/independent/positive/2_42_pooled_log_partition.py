# KernelBench level 2 problem 42, rewritten
import torch
import torch.nn as nn


class PooledPartition(nn.Module):
    def __init__(self, cin, cout):
        super().__init__()
        self.expand = nn.ConvTranspose2d(cin, cout, 3)
        self.prior = nn.Parameter(torch.randn(cout))

    def forward(self, x):
        up = self.expand(x)
        b, c, h, w = up.shape
        descriptor = up.reshape(b, c, h * w).sum(2) / (h * w)
        partition = torch.logsumexp(descriptor + self.prior, dim=1)
        return 10.0 * partition.reshape(b, 1)


def get_inputs():
    return [torch.rand(6, 5, 16, 16)]


def get_init_inputs():
    return [5, 9]
