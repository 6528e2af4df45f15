# KernelBench level 1 problem 85, rewritten
import math

import torch
from torch import nn


class PerChannelStencil(nn.Module):
    def __init__(self, channels, kh, kw):
        super().__init__()
        self.taps = nn.Parameter(torch.empty(channels, 1, kh, kw))
        nn.init.kaiming_uniform_(self.taps, a=math.sqrt(5))

    def forward(self, img):
        kh, kw = self.taps.shape[-2:]
        h = img.shape[-2] - kh + 1
        w = img.shape[-1] - kw + 1
        acc = torch.zeros_like(img[..., :h, :w])
        for r in range(kh):
            for c in range(kw):
                acc = acc + self.taps[:, :, r, c].unsqueeze(-1) * img[..., r : r + h, c : c + w]
        return acc


def get_inputs():
    return [torch.randn(2, 8, 10, 16)]


def get_init_inputs():
    return [8, 3, 7]
