# KernelBench level 2 problem 15, rewritten
import torch
from torch import nn


class CenteredUpBlock(nn.Module):
    def __init__(self, cin, cout, k, stride, padding):
        super().__init__()
        self.stem = nn.Sequential(
            nn.ConvTranspose3d(cin, cout, k, stride=stride, padding=padding),
            nn.BatchNorm3d(cout),
        )

    def forward(self, v):
        v = self.stem(v)
        return v - v.mean((-3, -2, -1), keepdim=True)


def get_inputs():
    return [torch.rand(2, 3, 4, 5, 5)]


def get_init_inputs():
    return [3, 6, 3, 2, 1]
