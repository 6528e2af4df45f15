# KernelBench level 2 problem 36, rewritten
import torch
import torch.nn as nn


class ColumnProfile(nn.Module):
    def __init__(self, cin, cout, k, stride, padding, output_padding):
        super().__init__()
        self.bias = nn.Parameter(torch.randn(1, 1, 1))
        self.act = nn.GELU()
        self.deconv = nn.ConvTranspose2d(cin, cout, k, stride=stride, padding=padding, output_padding=output_padding)

    def forward(self, x):
        darkest = self.deconv(x).min(1, keepdim=True).values
        profile = darkest.sum(-2, keepdim=True)
        return self.act(profile) + self.bias


def get_inputs():
    return [torch.randn(2, 4, 7, 7)]


def get_init_inputs():
    return [4, 6, 3, 2, 1, 1]
