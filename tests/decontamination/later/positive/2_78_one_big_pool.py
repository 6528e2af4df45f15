# KernelBench level 2 problem 78, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class UpPoolCollapse(nn.Module):
    """Pooling by 2 and then by 3 is the same as one pooling by 6."""

    def __init__(self, n_in, n_out, k, stride, pad):
        super().__init__()
        self.deconv = nn.ConvTranspose3d(n_in, n_out, k, stride=stride, padding=pad)

    def forward(self, v):
        peaks = F.max_pool3d(self.deconv(v), kernel_size=6)
        return peaks.sum(1, keepdim=True)


def get_inputs():
    return [torch.randn(2, 3, 7, 7, 7)]


def get_init_inputs():
    return [3, 5, 5, 2, 2]
