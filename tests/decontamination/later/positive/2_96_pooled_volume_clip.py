# KernelBench level 2 problem 96, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class VolumeSummary(nn.Module):
    def __init__(self, cin, cout, k, stride, pad, gain, window):
        super().__init__()
        self.gain = gain
        self.window = window
        self.deconv = nn.ConvTranspose3d(cin, cout, k, stride, pad)

    def forward(self, v):
        v = F.max_pool3d(self.gain * self.deconv(v), self.window)
        pooled = v.mean(dim=(2, 3, 4), keepdim=True)
        return pooled.clip(0, 1)


def get_inputs():
    return [torch.randn(2, 3, 4, 5, 5)]


def get_init_inputs():
    return [3, 6, 3, 2, 1, 0.5, 2]
