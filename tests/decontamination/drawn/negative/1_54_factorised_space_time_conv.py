# near KernelBench level 1 problem 54: the cubic convolution is split into a spatial and a temporal one, ReLU between
import torch
from torch import nn


class SpaceTimeConv(nn.Module):
    def __init__(self, c_in, c_mid, c_out, k=3):
        super().__init__()
        self.space = nn.Conv3d(c_in, c_mid, (1, k, k), padding=(0, k // 2, k // 2), bias=False)
        self.time = nn.Conv3d(c_mid, c_out, (k, 1, 1), padding=(k // 2, 0, 0), bias=False)

    def forward(self, clip):
        return self.time(self.space(clip).relu())


def get_inputs():
    return [torch.randn(2, 3, 6, 14, 14)]


def get_init_inputs():
    return [3, 8, 10]
