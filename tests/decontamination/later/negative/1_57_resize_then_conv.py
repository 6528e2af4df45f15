# near KernelBench level 1 problem 57, another function
import torch
import torch.nn as nn
import torch.nn.functional as F


class ResizeConv(nn.Module):
    def __init__(self, n_in, n_out, size):
        super().__init__()
        self.conv = nn.Conv2d(n_in, n_out, size, padding=size // 2, bias=False)

    def forward(self, feats):
        bigger = F.interpolate(feats, scale_factor=2.0, mode="nearest")
        return self.conv(bigger)


def get_inputs():
    return [torch.rand(2, 6, 10, 10)]


def get_init_inputs():
    return [6, 5, 3]
