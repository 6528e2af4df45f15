# near KernelBench level 3 problem 43: rotary positions and one key/value head shared by all the query heads
import torch
from torch import nn


def rotate(t, base=10000.0):
    length, dim = t.shape[-2:]
    freq = base ** (-torch.arange(0, dim, 2, dtype=t.dtype) / dim)
    angle = torch.arange(length, dtype=t.dtype)[:, None] * freq
    a, b = t[..., 0::2], t[..., 1::2]
    cos, sin = angle.cos(), angle.sin()
    return torch.stack((a * cos - b * sin, a * sin + b * cos), dim=-1).flatten(-2)


class RotaryMultiQuery(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.head_dim = width // heads
        self.q = nn.Linear(width, width, bias=False)
        self.kv = nn.Linear(width, 2 * self.head_dim, bias=False)
        self.out = nn.Linear(width, width, bias=False)

    def forward(self, x):
        n, t, w = x.shape
        q = rotate(self.q(x).view(n, t, self.heads, self.head_dim).transpose(1, 2))
        k, v = self.kv(x).unsqueeze(1).chunk(2, dim=-1)
        scores = q @ rotate(k).mT * self.head_dim**-0.5
        future = torch.ones(t, t, dtype=torch.bool).triu(1)
        attn = scores.masked_fill(future, float("-inf")).softmax(dim=-1)
        return self.out((attn @ v).transpose(1, 2).reshape(n, t, w))


def get_inputs():
    return [torch.randn(2, 16, 32)]


def get_init_inputs():
    return [32, 4]
