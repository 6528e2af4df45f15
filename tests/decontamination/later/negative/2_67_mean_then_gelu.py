# near KernelBench level 2 problem 67, another function
import torch
import torch.nn as nn
import torch.nn.functional as F


class PooledFeatures(nn.Module):
    def __init__(self, c_in, c_out, k):
        super().__init__()
        self.conv = nn.Conv2d(c_in, c_out, k)

    def forward(self, img):
        pooled = self.conv(img).mean(dim=(2, 3))
        return F.gelu(pooled)


def get_inputs():
    return [torch.randn(2, 3, 12, 12)]


def get_init_inputs():
    return [3, 8, 3]
