# KernelBench level 1 problem 77, rewritten
import torch
from torch import nn


class DilatedVolumeDecoder(nn.Module):
    def __init__(self, c_in, c_out, k, stride, padding, dilation):
        super().__init__()
        geometry = {"stride": stride, "padding": padding, "dilation": dilation}
        self.up = nn.ConvTranspose3d(c_in, c_out, k, bias=False, **geometry)

    def forward(self, latent):
        return self.up(latent)


def get_inputs():
    return [torch.randn(2, 6, 4, 8, 8)]


def get_init_inputs():
    return [6, 4, 3, 2, 1, 2]
