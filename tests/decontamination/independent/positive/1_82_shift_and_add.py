# KernelBench level 1 problem 82, rewritten
import torch
from torch import nn


class PerChannelStencil(nn.Module):
    """Each channel has its own k x k stencil; summed shift by shift."""

    def __init__(self, channels, k):
        super().__init__()
        self.k = k
        self.taps = nn.Parameter(torch.randn(channels, k, k) * 0.2)

    def forward(self, img):
        out_h = img.size(2) - self.k + 1
        out_w = img.size(3) - self.k + 1
        acc = torch.zeros(img.size(0), img.size(1), out_h, out_w, dtype=img.dtype)
        for dy in range(self.k):
            for dx in range(self.k):
                window = img[:, :, dy : dy + out_h, dx : dx + out_w]
                acc += window * self.taps[:, dy, dx].reshape(1, -1, 1, 1)
        return acc


def get_inputs():
    return [torch.randn(2, 8, 32, 32)]


def get_init_inputs():
    return [8, 3]
