# near KernelBench level 2 problem 2: softsign replaces the first clamp, no second clamp
import torch
import torch.nn as nn
import torch.nn.functional as F


class Upsampler(nn.Module):
    def __init__(self, cin, cout, factor):
        super().__init__()
        self.up = nn.ConvTranspose2d(cin, cout, 3, stride=2, padding=1, output_padding=1)
        self.bias = nn.Parameter(torch.randn(cout, 1, 1))
        self.factor = factor

    def forward(self, x):
        x = F.softsign(self.up(x) + self.bias)
        x = (x * self.factor).round()
        return x / self.factor


def get_inputs():
    return [torch.rand(4, 6, 12, 12)]


def get_init_inputs():
    return [6, 8, 2.0]
