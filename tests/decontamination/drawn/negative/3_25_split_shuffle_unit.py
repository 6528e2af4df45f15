# near KernelBench level 3 problem 25: channels are split, only half is convolved, halves are interleaved, not added
import torch
from torch import nn


class SplitShuffleUnit(nn.Module):
    def __init__(self, channels):
        super().__init__()
        half = channels // 2
        self.branch = nn.Sequential(
            nn.Conv2d(half, half, 1, bias=False),
            nn.BatchNorm2d(half),
            nn.ReLU(),
            nn.Conv2d(half, half, 3, padding=1, groups=half, bias=False),
            nn.BatchNorm2d(half),
            nn.Conv2d(half, half, 1, bias=False),
            nn.BatchNorm2d(half),
            nn.ReLU(),
        )

    def forward(self, x):
        kept, worked = x.chunk(2, dim=1)
        y = torch.stack([kept, self.branch(worked)], dim=2)
        return y.flatten(1, 2)


def get_inputs():
    return [torch.randn(2, 16, 12, 12)]


def get_init_inputs():
    return [16]
