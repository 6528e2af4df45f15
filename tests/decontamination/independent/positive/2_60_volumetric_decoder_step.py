# KernelBench level 2 problem 60, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class DecoderStep(nn.Module):
    def __init__(self, cin, cout, groups):
        super().__init__()
        self.deconv = nn.ConvTranspose3d(cin, cout, 3, stride=2, padding=1)
        self.act = nn.SiLU()
        self.norm = nn.GroupNorm(groups, cout, eps=1e-5)

    def forward(self, latent):
        y = self.norm(self.act(self.deconv(latent)))
        return y * F.hardsigmoid(y)


def get_inputs():
    return [torch.randn(2, 3, 6, 8, 8)]


def get_init_inputs():
    return [3, 8, 4]
