# near KernelBench level 3 problem 28: pre-norm layers, no class token, tokens averaged, one linear head
import torch
import torch.nn as nn
import torch.nn.functional as F


class PreNormLayer(nn.Module):
    def __init__(self, d, heads, hidden):
        super().__init__()
        self.heads = heads
        self.n1 = nn.LayerNorm(d)
        self.n2 = nn.LayerNorm(d)
        self.qkv = nn.Linear(d, 3 * d, bias=False)
        self.out = nn.Linear(d, d)
        self.mlp = nn.Sequential(nn.Linear(d, hidden), nn.GELU(), nn.Linear(hidden, d))

    def forward(self, x):
        n, t, d = x.shape
        q, k, v = self.qkv(self.n1(x)).view(n, t, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(n, t, d)
        x = x + self.out(mixed)
        return x + self.mlp(self.n2(x))


class PreNormMeanViT(nn.Module):
    def __init__(self, side, patch, d, depth, heads, classes):
        super().__init__()
        self.patchify = nn.Conv2d(3, d, patch, stride=patch)
        self.position = nn.Parameter(torch.randn(1, (side // patch) ** 2, d))
        self.layers = nn.Sequential(*[PreNormLayer(d, heads, 2 * d) for _ in range(depth)])
        self.head = nn.Linear(d, classes)

    def forward(self, img):
        t = self.patchify(img).flatten(2).transpose(1, 2) + self.position
        return self.head(self.layers(t).mean(dim=1))


def get_inputs():
    return [torch.rand(2, 3, 16, 16)]


def get_init_inputs():
    return [16, 4, 24, 3, 4, 6]
