# KernelBench level 3 problem 28, rewritten
"""Transformer over image tokens with the encoder written out; attention runs along the first axis."""

import torch
import torch.nn as nn
import torch.nn.functional as F


class EncoderLayer(nn.Module):
    def __init__(self, d, heads, hidden):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(d, 3 * d)
        self.merge = nn.Linear(d, d)
        self.up = nn.Linear(d, hidden)
        self.down = nn.Linear(hidden, d)
        self.norm_a = nn.LayerNorm(d)
        self.norm_b = nn.LayerNorm(d)

    def attend(self, x):
        length, batch, d = x.shape
        q, k, v = (t.reshape(length, batch, self.heads, -1) for t in self.qkv(x).chunk(3, dim=-1))
        score = torch.einsum("ibhd,jbhd->bhij", q, k) / (d // self.heads) ** 0.5
        mixed = torch.einsum("bhij,jbhd->ibhd", score.softmax(-1), v)
        return self.merge(mixed.reshape(length, batch, d))

    def forward(self, x):
        x = self.norm_a(x + self.attend(x))
        return self.norm_b(x + self.down(F.relu(self.up(x))))


class ExplicitViT(nn.Module):
    def __init__(self, side, patch, classes, d, depth, heads, hidden):
        super().__init__()
        self.patch = patch
        self.position = nn.Parameter(torch.randn(1, (side // patch) ** 2 + 1, d))
        self.summary = nn.Parameter(torch.randn(1, 1, d))
        self.embed = nn.Linear(3 * patch * patch, d)
        self.layers = nn.ModuleList([EncoderLayer(d, heads, hidden) for _ in range(depth)])
        self.head = nn.Sequential(nn.Linear(d, hidden), nn.GELU(), nn.Linear(hidden, classes))

    def tokens(self, img):
        n, c, h, w = img.shape
        p = self.patch
        grid = img.view(n, c, h // p, p, w // p, p).permute(0, 1, 2, 4, 3, 5)
        return self.embed(grid.reshape(n, -1, c * p * p))

    def forward(self, img):
        t = torch.cat([self.summary.repeat(img.size(0), 1, 1), self.tokens(img)], dim=1) + self.position
        for layer in self.layers:
            t = layer(t)
        return self.head(t[:, 0])


def get_inputs():
    return [torch.rand(2, 3, 16, 16)]


def get_init_inputs():
    return [16, 4, 6, 24, 3, 4, 32]
