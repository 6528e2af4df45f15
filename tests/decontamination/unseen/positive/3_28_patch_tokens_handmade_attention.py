# KernelBench level 3 problem 28, rewritten
import math

import torch
import torch.nn.functional as F
from torch import nn


class EncoderLayer(nn.Module):
    def __init__(self, d, heads, wide):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(d, 3 * d)
        self.merge = nn.Linear(d, d)
        self.widen = nn.Linear(d, wide)
        self.narrow = nn.Linear(wide, d)
        self.norm_a = nn.LayerNorm(d)
        self.norm_b = nn.LayerNorm(d)

    def attend(self, t):
        q, k, v = (part.unflatten(-1, (self.heads, -1)) for part in self.qkv(t).chunk(3, dim=-1))
        score = torch.einsum("sthd,rthd->thsr", q, k) / math.sqrt(q.shape[-1])
        mixed = torch.einsum("thsr,rthd->sthd", score.softmax(-1), v)
        return self.merge(mixed.flatten(-2))

    def forward(self, t):
        t = self.norm_a(t + self.attend(t))
        return self.norm_b(t + self.narrow(torch.relu(self.widen(t))))


class PatchTokenNet(nn.Module):
    def __init__(self, side, patch, classes, d, depth, heads, wide, channels=3):
        super().__init__()
        self.patch = patch
        count = (side // patch) ** 2
        self.positions = nn.Parameter(torch.randn(1, count + 1, d))
        self.summary = nn.Parameter(torch.randn(1, 1, d))
        self.embed = nn.Linear(channels * patch * patch, d)
        self.encoder = nn.ModuleList(EncoderLayer(d, heads, wide) for _ in range(depth))
        self.head_in = nn.Linear(d, wide)
        self.head_out = nn.Linear(wide, classes)

    def tokens(self, image):
        n, c, h, w = image.shape
        p = self.patch
        tiles = image.reshape(n, c, h // p, p, w // p, p).transpose(3, 4)
        return self.embed(tiles.reshape(n, -1, c * p * p))

    def forward(self, image):
        t = self.tokens(image)
        lead = self.summary.repeat(image.shape[0], 1, 1)
        t = torch.cat([lead, t], dim=1) + self.positions
        for layer in self.encoder:
            t = layer(t)
        return self.head_out(F.gelu(self.head_in(t[:, 0])))


def get_inputs():
    return [4 * torch.randn(3, 3, 24, 24)]


def get_init_inputs():
    return [24, 6, 10, 32, 6, 4, 48, 3]
