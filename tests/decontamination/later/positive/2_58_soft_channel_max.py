# KernelBench level 2 problem 58, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


def soft_maximum(t, axis):
    peak = t.amax(axis, keepdim=True)
    return peak + (t - peak).exp().sum(axis, keepdim=True).log()


class SoftMaxProjection(nn.Module):
    def __init__(self, cin, cout, k, stride, pad):
        super().__init__()
        self.deconv = nn.ConvTranspose3d(cin, cout, k, stride=stride, padding=pad)
        self.threshold = nn.Parameter(torch.randn(1))

    def forward(self, vol):
        s = soft_maximum(self.deconv(vol), 1)
        gated = s / (6.0 * (1.0 + torch.exp(-(s + 3.0))))
        return F.hardtanh(gated - self.threshold)


def get_inputs():
    return [torch.randn(2, 3, 4, 4, 5)]


def get_init_inputs():
    return [3, 6, 3, 2, 1]
