# near KernelBench level 2 problem 5: the bias is subtracted after the tanh, not before
import torch
from torch import nn


class ShiftedTanhDecoder(nn.Module):
    def __init__(self, c_in, c_out, k=4):
        super().__init__()
        self.up = nn.ConvTranspose2d(c_in, c_out, k, stride=2, padding=1)
        self.shift = nn.Parameter(torch.randn(c_out, 1, 1))

    def forward(self, z):
        return torch.tanh(self.up(z)) - self.shift


def get_inputs():
    return [torch.randn(2, 8, 8, 8)]


def get_init_inputs():
    return [8, 3]
