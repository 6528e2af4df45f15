# KernelBench level 2 problem 6, rewritten
import torch
import torch.nn.functional as F
from torch import nn


class VoxelProbabilityPeaks(nn.Module):
    def __init__(self, c_in, classes, k, window):
        super().__init__()
        self.scores = nn.Conv3d(c_in, classes, k)
        self.window = window * window

    def forward(self, vol):
        s = self.scores(vol)
        e = torch.exp(s - s.amax(dim=1, keepdim=True))
        probs = e / e.sum(dim=1, keepdim=True)
        return F.max_pool3d(probs, self.window)


def get_inputs():
    return [torch.randn(2, 3, 11, 15, 15)]


def get_init_inputs():
    return [3, 6, 3, 2]
