# KernelBench level 2 problem 91, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class DeconvSoftmaxGate(nn.Module):
    """Upsample, turn channels into a distribution, shift, scale, squash."""

    def __init__(self, cin, cout, k, stride, pad, out_pad, scale):
        super().__init__()
        self.upsample = nn.ConvTranspose2d(cin, cout, k, stride, pad, out_pad)
        self.channel_shift = nn.Parameter(torch.randn(1, cout, 1, 1))
        self.scale = scale

    def forward(self, img):
        dist = F.softmax(self.upsample(img), dim=1)
        return torch.sigmoid(self.scale * (dist + self.channel_shift))


def get_inputs():
    return [torch.rand(2, 5, 8, 8)]


def get_init_inputs():
    return [5, 7, 4, 2, 1, 1, 2.0]
