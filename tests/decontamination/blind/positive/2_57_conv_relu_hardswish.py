# KernelBench level 2 problem 57, rewritten
import torch
import torch.nn as nn


class ConvReluHardSwish(nn.Module):
    def __init__(self, cin, cout, k):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(cin, cout, k), nn.ReLU(), nn.Hardswish())

    def forward(self, img):
        return self.body(img)


def get_inputs():
    return [4 * torch.randn(2, 4, 14, 14)]


def get_init_inputs():
    return [4, 8, 3]
