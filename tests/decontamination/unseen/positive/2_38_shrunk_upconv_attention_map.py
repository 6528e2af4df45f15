# KernelBench level 2 problem 38, rewritten
import torch
import torch.nn.functional as F
from torch import nn


class ShrunkUpconvMap(nn.Module):
    def __init__(self, c_in, c_out, k, step, trim, extra, window, lo, hi):
        super().__init__()
        self.gain = nn.Parameter(torch.ones(1, c_out, 1, 1, 1))
        self.up = nn.ConvTranspose3d(c_in, c_out, k, stride=step, padding=trim, output_padding=extra)
        self.window = window
        self.lo, self.hi = lo, hi

    def forward(self, vol):
        small = F.avg_pool3d(vol, self.window)
        logits = F.hardtanh(self.up(small), self.lo, self.hi)
        weights = logits.flatten(start_dim=2).softmax(dim=-1).view_as(logits)
        return self.gain * weights


def get_inputs():
    return [2 * torch.randn(2, 4, 4, 6, 6)]


def get_init_inputs():
    return [4, 5, 3, 2, 1, 1, 2, 0.0, 1.0]
