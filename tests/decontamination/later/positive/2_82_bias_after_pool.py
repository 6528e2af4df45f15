# KernelBench level 2 problem 82, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class TanhPoolBlock(nn.Module):
    def __init__(self, c_in, c_out, k, amplitude, pool):
        super().__init__()
        self.conv = nn.Conv2d(c_in, c_out, k)
        self.offset = nn.Parameter(torch.randn(c_out))
        self.amplitude = amplitude
        self.pool = pool

    def forward(self, img):
        wave = self.amplitude * self.conv(img).tanh()
        # a constant per channel can be added after the max
        return F.max_pool2d(wave, self.pool) + self.offset.reshape(1, -1, 1, 1)


def get_inputs():
    return [torch.randn(2, 3, 14, 14)]


def get_init_inputs():
    return [3, 6, 3, 2.0, 4]
