# near KernelBench level 3 problem 28: tokens are mixed by transposed perceptrons instead of attention (MLP-Mixer)
import torch
from torch import nn
from torch.nn import functional as F


class MixBlock(nn.Module):
    def __init__(self, n_tokens, dim, token_hidden, channel_hidden):
        super().__init__()
        self.n1 = nn.LayerNorm(dim)
        self.t1 = nn.Linear(n_tokens, token_hidden)
        self.t2 = nn.Linear(token_hidden, n_tokens)
        self.n2 = nn.LayerNorm(dim)
        self.c1 = nn.Linear(dim, channel_hidden)
        self.c2 = nn.Linear(channel_hidden, dim)

    def forward(self, x):
        t = self.n1(x).transpose(1, 2)
        x = x + self.t2(F.gelu(self.t1(t))).transpose(1, 2)
        return x + self.c2(F.gelu(self.c1(self.n2(x))))


class PatchMixer(nn.Module):
    def __init__(self, side, patch, dim, depth, classes):
        super().__init__()
        n_tokens = (side // patch) ** 2
        self.embed = nn.Conv2d(3, dim, patch, stride=patch)
        self.blocks = nn.ModuleList([MixBlock(n_tokens, dim, 2 * n_tokens, 4 * dim) for _ in range(depth)])
        self.norm = nn.LayerNorm(dim)
        self.head = nn.Linear(dim, classes)

    def forward(self, images):
        x = self.embed(images).flatten(2).transpose(1, 2)
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x).mean(dim=1))


def get_inputs():
    return [torch.rand(2, 3, 32, 32)]


def get_init_inputs():
    return [32, 8, 24, 2, 10]
