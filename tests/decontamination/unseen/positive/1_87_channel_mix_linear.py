# KernelBench level 1 problem 87, rewritten
import torch
from torch import nn


class ChannelMixer(nn.Module):
    def __init__(self, c_in, c_out):
        super().__init__()
        self.mix = nn.Linear(c_in, c_out, bias=False)

    def forward(self, img):
        return self.mix(img.movedim(1, -1)).movedim(-1, 1)


def get_inputs():
    return [torch.randn(2, 8, 12, 12)]


def get_init_inputs():
    return [8, 12]
