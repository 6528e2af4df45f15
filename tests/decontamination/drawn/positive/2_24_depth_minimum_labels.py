# KernelBench level 2 problem 24, rewritten
import torch
from torch import nn


class DepthMinimumLabels(nn.Module):
    """Per-pixel class probabilities from the weakest response found along the depth of a volume."""

    def __init__(self, c_in, classes, k):
        super().__init__()
        self.scorer = nn.Conv3d(c_in, classes, k)

    def forward(self, vol):
        scores = self.scorer(vol)
        weakest = torch.amin(scores, dim=2)
        return torch.nn.functional.softmax(weakest, dim=1)


def get_inputs():
    return [torch.rand(2, 3, 7, 12, 12)]


def get_init_inputs():
    return [3, 5, 3]
