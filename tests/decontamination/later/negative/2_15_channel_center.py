# near KernelBench level 2 problem 15, another function
import torch
from torch import nn


class ChannelCenteredUpBlock(nn.Module):
    def __init__(self, cin, cout, k, stride, padding):
        super().__init__()
        self.up = nn.ConvTranspose3d(cin, cout, k, stride=stride, padding=padding)
        self.bn = nn.BatchNorm3d(cout)

    def forward(self, v):
        v = self.bn(self.up(v))
        return v - v.mean(dim=1, keepdim=True)


def get_inputs():
    return [torch.rand(2, 3, 4, 5, 5)]


def get_init_inputs():
    return [3, 6, 3, 2, 1]
