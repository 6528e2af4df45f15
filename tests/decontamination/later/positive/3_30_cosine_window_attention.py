# KernelBench level 3 problem 30, rewritten
import math

import torch
import torch.nn as nn
import torch.nn.functional as F


def to_windows(grid, s):
    """(B, H, W, C) -> (B, windows, s*s, C)"""
    b, h, w, c = grid.shape
    grid = grid.reshape(b, h // s, s, w // s, s, c).swapaxes(2, 3)
    return grid.reshape(b, (h // s) * (w // s), s * s, c)


def from_windows(wins, s, h, w):
    b, _, _, c = wins.shape
    grid = wins.reshape(b, h // s, w // s, s, s, c).swapaxes(2, 3)
    return grid.reshape(b, h, w, c)


def log_offsets(s):
    """Log-spaced relative coordinates of a window, (2s-1, 2s-1, 2)."""
    d = torch.arange(1 - s, s).float() * (8.0 / (s - 1))
    d = d.sign() * torch.log2(d.abs() + 1.0) / 3.0
    return torch.stack((d[:, None].expand(-1, len(d)), d[None, :].expand(len(d), -1)), dim=-1)


def pair_index(s):
    idx = torch.arange(s * s)
    row, col = idx // s, idx % s
    dr = row[:, None] - row[None, :] + s - 1
    dc = col[:, None] - col[None, :] + s - 1
    return dr * (2 * s - 1) + dc


def region_mask(side, s, shift):
    """-100 between tokens of one window that come from different image regions."""
    stripe = torch.zeros(side)
    stripe[side - s : side - shift] = 1
    stripe[side - shift :] = 2
    label = 3 * stripe[:, None] + stripe[None, :]
    label = to_windows(label[None, :, :, None], s)[0, :, :, 0]
    different = label[:, :, None] != label[:, None, :]
    return different.float() * -100.0


class CosineAttention(nn.Module):
    def __init__(self, width, s, heads):
        super().__init__()
        self.heads = heads
        self.log_temp = nn.Parameter(torch.full((heads,), math.log(10.0)))
        self.pos_in = nn.Linear(2, 512)
        self.pos_out = nn.Linear(512, heads, bias=False)
        self.to_q = nn.Linear(width, width)
        self.to_k = nn.Linear(width, width, bias=False)
        self.to_v = nn.Linear(width, width)
        self.merge = nn.Linear(width, width)
        self.register_buffer("offsets", log_offsets(s).flatten(0, 1))
        self.register_buffer("pairs", pair_index(s))

    def position_bias(self):
        table = self.pos_out(F.relu(self.pos_in(self.offsets)))
        return 16.0 * torch.sigmoid(table[self.pairs]).permute(2, 0, 1)

    def split(self, t):
        return t.unflatten(-1, (self.heads, -1)).transpose(2, 3)

    def forward(self, wins, mask):
        q = F.normalize(self.split(self.to_q(wins)), dim=-1)
        k = F.normalize(self.split(self.to_k(wins)), dim=-1)
        v = self.split(self.to_v(wins))
        temp = self.log_temp.clamp(max=math.log(100.0)).exp()
        logits = torch.einsum("bwhic,bwhjc->bwhij", q, k) * temp[:, None, None]
        logits = logits + self.position_bias()
        if mask is not None:
            logits = logits + mask[:, None]
        mixed = logits.softmax(-1) @ v
        return self.merge(mixed.transpose(2, 3).flatten(3))


class Block(nn.Module):
    def __init__(self, width, side, heads, s, odd, ratio):
        super().__init__()
        if side <= s:
            s, odd = side, False
        self.s = s
        self.shift = s // 2 if odd else 0
        self.attn = CosineAttention(width, s, heads)
        self.post_attn = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, int(width * ratio)), nn.GELU(), nn.Linear(int(width * ratio), width))
        self.post_mlp = nn.LayerNorm(width)
        self.register_buffer("mask", region_mask(side, s, self.shift) if self.shift else None)

    def forward(self, grid):
        _, h, w, _ = grid.shape
        y = torch.roll(grid, (-self.shift, -self.shift), (1, 2)) if self.shift else grid
        y = self.attn(to_windows(y, self.s), self.mask)
        y = from_windows(y, self.s, h, w)
        if self.shift:
            y = torch.roll(y, (self.shift, self.shift), (1, 2))
        grid = grid + self.post_attn(y)
        return grid + self.post_mlp(self.mlp(grid))


class Downscale(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.fc = nn.Linear(4 * width, 2 * width, bias=False)
        self.ln = nn.LayerNorm(2 * width)

    def forward(self, grid):
        quads = [grid[:, i::2, j::2] for j in (0, 1) for i in (0, 1)]
        return self.ln(self.fc(torch.cat(quads, dim=-1)))


class HierarchicalVision(nn.Module):
    def __init__(self, image, patch, width, depths, heads, window, ratio, classes):
        super().__init__()
        self.patch = nn.Conv2d(3, width, patch, patch)
        self.ln_patch = nn.LayerNorm(width)
        side = image // patch
        self.stages = nn.ModuleList()
        for i, depth in enumerate(depths):
            stage = [Block(width, side, heads[i], window, bool(j % 2), ratio) for j in range(depth)]
            if i + 1 < len(depths):
                stage.append(Downscale(width))
                width *= 2
                side //= 2
            self.stages.append(nn.Sequential(*stage))
        self.ln_final = nn.LayerNorm(width)
        self.logits = nn.Linear(width, classes)

    def forward(self, img):
        grid = self.ln_patch(self.patch(img).permute(0, 2, 3, 1))
        for stage in self.stages:
            grid = stage(grid)
        return self.logits(self.ln_final(grid).mean((1, 2)))


def get_inputs():
    return [torch.rand(2, 3, 64, 64)]


def get_init_inputs():
    return [64, 2, 24, [2, 2, 6, 2], [3, 6, 12, 24], 4, 4.0, 10]
