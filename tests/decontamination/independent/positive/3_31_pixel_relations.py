# KernelBench level 3 problem 31, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class PixelRelations(nn.Module):
    def __init__(self, c, heads):
        super().__init__()
        self.heads = heads
        self.to_qkv = nn.Conv2d(c, 3 * c, 1)
        self.merge = nn.Conv2d(c, c, 1)
        self.g = nn.Parameter(torch.ones(c))
        self.b = nn.Parameter(torch.zeros(c))

    def forward(self, fmap):
        n, c, h, w = fmap.shape
        q, k, v = self.to_qkv(fmap).reshape(n, 3, self.heads, c // self.heads, h * w).unbind(1)
        ctx = F.scaled_dot_product_attention(q.mT, k.mT, v.mT)
        ctx = self.merge(ctx.mT.reshape(n, c, h, w)) + fmap
        mean = ctx.mean(1, keepdim=True)
        var = (ctx - mean).square().mean(1, keepdim=True)
        unit = (ctx - mean) / (var + 1e-5).sqrt()
        return unit * self.g.view(c, 1, 1) + self.b.view(c, 1, 1)


def get_inputs():
    return [torch.randn(2, 16, 10, 10)]


def get_init_inputs():
    return [16, 4]
