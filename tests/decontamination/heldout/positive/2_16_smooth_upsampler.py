# KernelBench level 2 problem 16, rewritten
import torch
import torch.nn as nn


class SmoothUpsampler(nn.Module):
    def __init__(self, c0, c1, shift, factor):
        super().__init__()
        self.up = nn.ConvTranspose2d(c0, c1, 3, stride=2, padding=1, output_padding=1)
        self.shift = shift
        self.factor = factor

    def forward(self, img):
        u = self.up(img)
        gate = torch.log1p(torch.exp(u)).tanh()
        u = u * gate + self.shift
        u = u.clamp(min=-1.0, max=1.0)
        return u * self.factor


def get_inputs():
    return [torch.rand(2, 6, 9, 9)]


def get_init_inputs():
    return [6, 5, 0.4, 3.0]
