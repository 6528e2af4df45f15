# KernelBench level 3 problem 14, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class GrowingBuffer(nn.Module):
    """Every step reads all channels written so far and writes `step` new ones into one buffer."""

    def __init__(self, depth, first, step):
        super().__init__()
        self.first, self.step = first, step
        sizes = [first + d * step for d in range(depth)]
        self.norms = nn.ModuleList([nn.BatchNorm2d(s) for s in sizes])
        self.kernels = nn.ParameterList([nn.Parameter(torch.randn(step, s, 3, 3) * 0.1) for s in sizes])

    def forward(self, x):
        n, _, h, w = x.shape
        width = self.first + self.step * len(self.kernels)
        buf = x.new_empty(n, width, h, w)
        buf[:, : self.first] = x
        used = self.first
        for norm, kernel in zip(self.norms, self.kernels, strict=True):
            seen = F.relu(norm(buf[:, :used]))
            buf[:, used : used + self.step] = F.conv2d(seen, kernel, padding=1)
            used += self.step
        return buf


def get_inputs():
    return [torch.rand(2, 8, 24, 24)]


def get_init_inputs():
    return [5, 8, 6]
