# KernelBench level 1 problem 66, rewritten
import torch
import torch.nn as nn


class AnisotropicConv(nn.Module):
    def __init__(self, channels_in=3, channels_out=64, kernel=(3, 5, 7)):
        super().__init__()
        self.op = nn.Conv3d(
            in_channels=channels_in,
            out_channels=channels_out,
            kernel_size=kernel,
            bias=False,
        )

    def forward(self, clip):
        return self.op(clip)


def get_inputs():
    return [torch.rand(1, 3, 6, 12, 14)]


def get_init_inputs():
    return [3, 8, (3, 5, 7)]
