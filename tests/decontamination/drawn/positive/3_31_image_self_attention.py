# KernelBench level 3 problem 31, rewritten
import torch
from torch import nn
from torch.nn import functional as F


class PixelAttention(nn.Module):
    """Every pixel attends to every other one; post-norm residual; the map keeps its shape."""

    def __init__(self, channels, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(channels, 3 * channels)
        self.out = nn.Linear(channels, channels)
        self.norm = nn.LayerNorm(channels)

    def forward(self, fmap):
        n, c, h, w = fmap.shape
        tokens = fmap.flatten(2).transpose(1, 2)
        q, k, v = (
            t.reshape(n, h * w, self.heads, c // self.heads).transpose(1, 2) for t in self.qkv(tokens).chunk(3, dim=-1)
        )
        mixed = F.scaled_dot_product_attention(q, k, v)
        mixed = self.out(mixed.transpose(1, 2).reshape(n, h * w, c))
        tokens = self.norm(tokens + mixed)
        return tokens.transpose(1, 2).reshape(n, c, h, w)


def get_inputs():
    return [torch.randn(2, 24, 7, 9)]


def get_init_inputs():
    return [24, 3]
