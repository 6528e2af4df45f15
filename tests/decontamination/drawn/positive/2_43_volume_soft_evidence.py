# KernelBench level 2 problem 43, rewritten
import torch
import torch.nn.functional as F
from torch import nn


def soft_maximum(t, axis):
    peak = t.amax(dim=axis, keepdim=True)
    return peak + (t - peak).exp().sum(dim=axis, keepdim=True).log()


class VolumeEvidence(nn.Module):
    """Rectified log-sum-exp over channels of a pooled 3-D convolution."""

    def __init__(self, c_in, c_out, k=3, stride=1, padding=1):
        super().__init__()
        self.conv = nn.Conv3d(c_in, c_out, k, stride, padding)

    def forward(self, vol):
        pooled = F.max_pool3d(self.conv(vol), kernel_size=2)
        return soft_maximum(pooled, axis=1).clamp_min(0)


def get_inputs():
    return [torch.randn(2, 4, 8, 12, 12)]


def get_init_inputs():
    return [4, 8]
