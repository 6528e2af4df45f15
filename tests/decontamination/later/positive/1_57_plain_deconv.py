# KernelBench level 1 problem 57, rewritten
import torch
from torch import nn


class Deconv(nn.Module):
    def __init__(self, n_in, n_out, size):
        super().__init__()
        self.up = nn.ConvTranspose2d(n_in, n_out, size, bias=False)

    def forward(self, feats):
        return self.up(feats)


def get_inputs():
    return [torch.rand(2, 6, 10, 10)]


def get_init_inputs():
    return [6, 5, 3]
