# KernelBench level 2 problem 65, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class PooledSigmoidTotal(nn.Module):
    def __init__(self, cin, cout, k, pool):
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, k)
        self.pool = pool

    def forward(self, img):
        coarse = F.avg_pool2d(self.conv(img), self.pool)
        return coarse.sigmoid().flatten(start_dim=1).sum(dim=1)


def get_inputs():
    return [torch.rand(3, 4, 26, 26)]


def get_init_inputs():
    return [4, 6, 3, 4]
