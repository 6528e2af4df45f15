# KernelBench level 3 problem 27, rewritten
from itertools import pairwise

import torch
import torch.nn as nn
import torch.nn.functional as F


class FlatPlan(nn.Module):
    def __init__(self, widths, n_out):
        super().__init__()
        chans = [3]
        for w in widths:
            chans.extend((w, w))
        pairs = list(pairwise(chans))
        self.convs = nn.ModuleList([nn.Conv2d(a, b, 3, 1, 1) for a, b in pairs])
        self.bns = nn.ModuleList([nn.BatchNorm2d(b) for _, b in pairs])
        self.out = nn.Conv2d(widths[-1], n_out, 1)

    def forward(self, x):
        for i, (conv, bn) in enumerate(zip(self.convs, self.bns, strict=True)):
            x = F.relu_(bn(conv(x)))
            if i % 2 == 1:
                x = F.max_pool2d(x, 2)
        x = F.adaptive_avg_pool2d(x, 1)
        return self.out(x).flatten(1)


def get_inputs():
    return [torch.rand(2, 3, 32, 32)]


def get_init_inputs():
    return [[8, 16, 24], 7]
