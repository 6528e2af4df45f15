# KernelBench level 2 problem 69, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class ConvHardSwishRelu(nn.Module):
    """relu(hardswish(conv(x)))"""

    def __init__(self, cin, cout, k):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(cout, cin, k, k) / (cin * k * k) ** 0.5)
        self.bias = nn.Parameter(torch.zeros(cout))

    def forward(self, img):
        z = F.conv2d(img, self.weight, self.bias)
        swished = z * F.hardsigmoid(z)
        return swished.clamp_min(0)


def get_inputs():
    return [3 * torch.randn(2, 4, 13, 13)]


def get_init_inputs():
    return [4, 7, 3]
