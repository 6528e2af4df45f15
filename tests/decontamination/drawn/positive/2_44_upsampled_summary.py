# KernelBench level 2 problem 44, rewritten
import torch
from torch import nn


class UpsampledSummary(nn.Module):
    """Decoder layer scaled by a constant and summarised to a single value for each channel.

    The pooling is done twice, as in the network this head was ported from; the second pass sees 1 x 1 maps.
    """

    def __init__(self, c_in, c_out, k=3, factor=0.5):
        super().__init__()
        self.up = nn.ConvTranspose2d(c_in, c_out, k, stride=2, padding=1, output_padding=1)
        self.factor = factor
        self.pool = nn.AdaptiveAvgPool2d(1)

    def forward(self, x):
        y = self.factor * self.up(x)
        return self.pool(self.pool(y))


def get_inputs():
    return [torch.rand(3, 8, 10, 10)]


def get_init_inputs():
    return [8, 12, 3, 0.25]
