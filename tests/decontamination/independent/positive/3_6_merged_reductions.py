# KernelBench level 3 problem 6, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class FourPaths(nn.Module):
    """The three pointwise convolutions that read the input are one convolution, split afterwards."""

    def __init__(self, cin, direct, squeeze3, wide3, squeeze5, wide5, pooled):
        super().__init__()
        self.parts = [direct, squeeze3, squeeze5]
        self.entry = nn.Conv2d(cin, sum(self.parts), 1)
        self.mid = nn.Conv2d(squeeze3, wide3, 3, padding=1)
        self.large = nn.Conv2d(squeeze5, wide5, 5, padding="same")
        self.after_pool = nn.Conv2d(cin, pooled, 1)

    def forward(self, x):
        a, b, c = self.entry(x).split(self.parts, dim=1)
        padded = F.pad(x, (1, 1, 1, 1), value=float("-inf"))
        peak = F.max_pool2d(padded, 3, stride=1)
        return torch.cat((a, self.mid(b), self.large(c), self.after_pool(peak)), dim=1)


def get_inputs():
    return [torch.rand(2, 24, 20, 20)]


def get_init_inputs():
    return [24, 8, 6, 12, 4, 8, 6]
