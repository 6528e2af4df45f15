# KernelBench level 2 problem 4, rewritten
import torch
from torch import nn


class MishConv(nn.Sequential):
    def __init__(self, c_in, c_out, k=3):
        super().__init__(nn.Conv2d(c_in, c_out, k), nn.Mish(), nn.Mish())


def build(c_in, c_out, k):
    return MishConv(c_in, c_out, k)


class Net(nn.Module):
    def __init__(self, c_in, c_out, k):
        super().__init__()
        self.body = build(c_in, c_out, k)

    def forward(self, image):
        return self.body(image)


def get_inputs():
    return [torch.randn(2, 8, 16, 16)]


def get_init_inputs():
    return [8, 14, 3]
