# KernelBench level 3 problem 6, rewritten
import torch
from torch import nn
from torch.nn import functional as F


class FourWayBlock(nn.Module):
    """Inception cell without activations: 1x1, 1x1-3x3, 1x1-5x5 and pool-1x1 paths side by side."""

    def __init__(self, c_in, direct, mid, large, pooled):
        super().__init__()
        self.direct = nn.Conv2d(c_in, direct, 1)
        self.mid_in = nn.Conv2d(c_in, mid[0], 1)
        self.mid_out = nn.Conv2d(mid[0], mid[1], 3, padding=1)
        self.large_in = nn.Conv2d(c_in, large[0], 1)
        self.large_out = nn.Conv2d(large[0], large[1], 5, padding=2)
        self.pooled = nn.Conv2d(c_in, pooled, 1)

    def forward(self, x):
        paths = (
            self.direct(x),
            self.mid_out(self.mid_in(x)),
            self.large_out(self.large_in(x)),
            self.pooled(F.max_pool2d(x, 3, stride=1, padding=1)),
        )
        return torch.cat(paths, dim=1)


def get_inputs():
    return [torch.randn(2, 24, 14, 14)]


def get_init_inputs():
    return [24, 10, (6, 12), (4, 8), 5]
