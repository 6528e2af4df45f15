# KernelBench level 2 problem 44, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class GlobalDescriptor(nn.Module):
    def __init__(self, c_in, c_out, weight):
        super().__init__()
        self.deconv = nn.ConvTranspose2d(c_in, c_out, 3, 2, 1, 1)
        self.weight = weight

    def forward(self, fmap):
        u = self.deconv(fmap).mul(self.weight)
        pooled = u.flatten(2).sum(-1) / (u.size(2) * u.size(3))
        pooled = pooled[:, :, None, None]
        return F.adaptive_avg_pool2d(pooled, 1)


def get_inputs():
    return [torch.randn(2, 5, 8, 8)]


def get_init_inputs():
    return [5, 9, 0.7]
