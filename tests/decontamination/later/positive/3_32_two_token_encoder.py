# KernelBench level 3 problem 32, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class SelfAttention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, tokens):
        b, n, d = tokens.shape
        q, k, v = self.qkv(tokens).view(b, n, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        weights = torch.softmax(q @ k.transpose(-1, -2) * (d // self.heads) ** -0.5, dim=-1)
        return self.out((weights @ v).transpose(1, 2).reshape(b, n, d))


class EncoderBlock(nn.Module):
    """Post-norm transformer block with a ReLU feed-forward part."""

    def __init__(self, width, heads, inner):
        super().__init__()
        self.attention = SelfAttention(width, heads)
        self.fc_in = nn.Linear(width, inner)
        self.fc_out = nn.Linear(inner, width)
        self.ln_a = nn.LayerNorm(width)
        self.ln_b = nn.LayerNorm(width)

    def forward(self, t):
        t = self.ln_a(t + self.attention(t))
        return self.ln_b(t + self.fc_out(F.relu(self.fc_in(t))))


class PatchSummaryClassifier(nn.Module):
    def __init__(self, classes, width=128, heads=4, depth=6, ratio=4.0, patch=4, channels=3, image=32):
        super().__init__()
        self.query = nn.Parameter(torch.zeros(width))
        self.patches = nn.Conv2d(channels, width, patch, stride=patch)
        self.summary = nn.Linear(width * (image // patch) ** 2, width)
        self.blocks = nn.Sequential(*[EncoderBlock(width, heads, int(width * ratio)) for _ in range(depth)])
        self.head = nn.Linear(width, classes)

    def forward(self, img):
        whole = self.summary(self.patches(img).flatten(1))
        tokens = torch.stack([self.query.expand_as(whole), whole], dim=1)
        return self.head(self.blocks(tokens)[:, 0])


def get_inputs():
    return [torch.rand(2, 3, 16, 16)]


def get_init_inputs():
    return [10, 32, 4, 6, 4.0, 4, 3, 16]
