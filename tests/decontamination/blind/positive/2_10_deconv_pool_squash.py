# KernelBench level 2 problem 10, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class DeconvPoolSquash(nn.Module):
    def __init__(self, cin, cout, k, stride, pad, pool, pool_stride, low, high):
        super().__init__()
        self.w = nn.Parameter(torch.randn(cin, cout, k, k) * 0.3)
        self.b = nn.Parameter(torch.zeros(cout))
        self.stride, self.pad = stride, pad
        self.pool, self.pool_stride = pool, pool_stride
        self.low, self.high = low, high

    def forward(self, img):
        grown = F.conv_transpose2d(img, self.w, self.b, stride=self.stride, padding=self.pad)
        pooled = F.max_pool2d(grown, self.pool, self.pool_stride)
        limited = pooled.clamp(self.low, self.high)
        summary = limited.flatten(2).mean(-1)
        return torch.tanh(summary)[:, :, None, None]


def get_inputs():
    return [torch.rand(3, 4, 14, 14)]


def get_init_inputs():
    return [4, 7, 3, 1, 1, 2, 2, -1, 1]
