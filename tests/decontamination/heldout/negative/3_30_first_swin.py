# near KernelBench level 3 problem 30: first version: pre-norm, scaled dot products, table of biases; two blocks
import torch
import torch.nn as nn


class WindowBlock(nn.Module):
    def __init__(self, d, heads, win, shift):
        super().__init__()
        self.heads, self.win, self.shift = heads, win, shift
        self.n1 = nn.LayerNorm(d)
        self.n2 = nn.LayerNorm(d)
        self.qkv = nn.Linear(d, 3 * d)
        self.out = nn.Linear(d, d)
        self.bias = nn.Parameter(torch.randn(heads, win * win, win * win) * 0.02)
        self.mlp = nn.Sequential(nn.Linear(d, 4 * d), nn.GELU(), nn.Linear(4 * d, d))

    def attend(self, x):
        b, t, d = x.shape
        q, k, v = self.qkv(x).reshape(b, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        score = q @ k.transpose(-1, -2) * (d // self.heads) ** -0.5 + self.bias
        return self.out((score.softmax(dim=-1) @ v).transpose(1, 2).reshape(b, t, d))

    def forward(self, x):
        n, h, w, d = x.shape
        s = self.win
        y = torch.roll(self.n1(x), (-self.shift, -self.shift), (1, 2))
        y = y.view(n, h // s, s, w // s, s, d).transpose(2, 3).reshape(-1, s * s, d)
        y = self.attend(y).view(n, h // s, w // s, s, s, d).transpose(2, 3).reshape(n, h, w, d)
        x = x + torch.roll(y, (self.shift, self.shift), (1, 2))
        return x + self.mlp(self.n2(x))


class FirstSwin(nn.Module):
    def __init__(self, patch, d, heads, win, classes):
        super().__init__()
        self.patchify = nn.Conv2d(3, d, patch, stride=patch)
        self.blocks = nn.Sequential(WindowBlock(d, heads, win, 0), WindowBlock(d, heads, win, win // 2))
        self.norm = nn.LayerNorm(d)
        self.head = nn.Linear(d, classes)

    def forward(self, img):
        x = self.blocks(self.patchify(img).permute(0, 2, 3, 1))
        return self.head(self.norm(x).mean(dim=(1, 2)))


def get_inputs():
    return [torch.rand(1, 3, 32, 32)]


def get_init_inputs():
    return [4, 16, 2, 4, 5]
