# KernelBench level 3 problem 13, rewritten
import torch
import torch.nn as nn


class Compression(nn.Module):
    """Normalises with stored statistics, rectifies, mixes channels pointwise and halves the resolution."""

    def __init__(self, cin: int, cout: int):
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(cin))
        self.beta = nn.Parameter(torch.zeros(cin))
        self.mix = nn.Parameter(torch.randn(cout, cin) / cin**0.5)
        self.register_buffer("mu", torch.zeros(cin))
        self.register_buffer("var", torch.ones(cin))

    def forward(self, x):
        shape = (1, -1, 1, 1)
        scale = self.gamma * torch.rsqrt(self.var + 1e-5)
        x = (x - self.mu.view(shape)) * scale.view(shape) + self.beta.view(shape)
        x = torch.einsum("oc,nchw->nohw", self.mix, x.clamp(min=0))
        n, c, h, w = x.shape
        return x.view(n, c, h // 2, 2, w // 2, 2).mean(dim=(3, 5))


def get_inputs():
    return [torch.randn(2, 8, 12, 12)]


def get_init_inputs():
    return [8, 4]
