# near KernelBench level 3 problem 28: patches are mixed by dense layers over positions, no attention, no class token
import torch
import torch.nn as nn


class MixerLayer(nn.Module):
    def __init__(self, tokens, dim, hidden):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.over_tokens = nn.Sequential(nn.Linear(tokens, hidden), nn.GELU(), nn.Linear(hidden, tokens))
        self.over_channels = nn.Sequential(nn.Linear(dim, hidden), nn.GELU(), nn.Linear(hidden, dim))

    def forward(self, x):
        x = x + self.over_tokens(self.norm1(x).mT).mT
        return x + self.over_channels(self.norm2(x))


class PatchMixer(nn.Module):
    def __init__(self, image, patch, dim, depth, hidden, classes):
        super().__init__()
        self.embed = nn.Conv2d(3, dim, patch, stride=patch)
        self.layers = nn.Sequential(*[MixerLayer((image // patch) ** 2, dim, hidden) for _ in range(depth)])
        self.norm = nn.LayerNorm(dim)
        self.head = nn.Linear(dim, classes)

    def forward(self, img):
        tokens = self.embed(img).flatten(2).mT
        return self.head(self.norm(self.layers(tokens)).mean(dim=1))


def get_inputs():
    return [torch.rand(2, 3, 32, 32)]


def get_init_inputs():
    return [32, 8, 24, 2, 48, 10]
