# near KernelBench level 3 problem 1: pre-normalised residual blocks with SiLU gates, not a plain chain of layers
import torch
from torch import nn
from torch.nn import functional as F


class GatedBlock(nn.Module):
    def __init__(self, width, inner):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.up = nn.Linear(width, 2 * inner)
        self.down = nn.Linear(inner, width)

    def forward(self, x):
        a, b = self.up(self.norm(x)).chunk(2, dim=-1)
        return x + self.down(F.silu(a) * b)


class ResidualMLP(nn.Module):
    def __init__(self, d_in, width, depth, d_out):
        super().__init__()
        self.embed = nn.Linear(d_in, width)
        self.blocks = nn.Sequential(*[GatedBlock(width, 2 * width) for _ in range(depth)])
        self.head = nn.Linear(width, d_out)

    def forward(self, x):
        return self.head(self.blocks(self.embed(x)))


def get_inputs():
    return [torch.randn(8, 20)]


def get_init_inputs():
    return [20, 32, 3, 5]
