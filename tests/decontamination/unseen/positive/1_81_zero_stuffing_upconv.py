# KernelBench level 1 problem 81, rewritten
import math

import torch
import torch.nn.functional as F
from torch import nn


class ZeroStuffedUpconv(nn.Module):
    def __init__(self, c_in, c_out, side, step, trim, spread):
        super().__init__()
        self.step = step
        self.spread = spread
        self.border = spread * (side - 1) - trim
        self.kernel = nn.Parameter(torch.empty(c_in, c_out, side, side))
        nn.init.kaiming_uniform_(self.kernel, a=math.sqrt(5))

    def stuff(self, img):
        n, c, h, w = img.shape
        s = self.step
        canvas = img.new_zeros(n, c, (h - 1) * s + 1, (w - 1) * s + 1)
        canvas[:, :, ::s, ::s] = img
        return canvas

    def forward(self, img):
        weight = self.kernel.transpose(0, 1).flip((-2, -1))
        return F.conv2d(self.stuff(img), weight, padding=self.border, dilation=self.spread)


def get_inputs():
    return [torch.randn(2, 4, 6, 9)]


def get_init_inputs():
    return [4, 6, 3, 5, 1, 2]
