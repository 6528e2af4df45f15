# KernelBench level 2 problem 19, rewritten
import torch
from torch import nn


class DecoderStage(nn.Module):
    def __init__(self, c_in, c_out, k, stride, norm_groups):
        super().__init__()
        self.stage = nn.Sequential(
            nn.ConvTranspose2d(c_in, c_out, k, stride),
            nn.GELU(),
            nn.GroupNorm(norm_groups, c_out),
        )

    def forward(self, z):
        return self.stage(z)


def get_inputs():
    return [torch.randn(2, 8, 9, 9)]


def get_init_inputs():
    return [8, 12, 3, 2, 3]
