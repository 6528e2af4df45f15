# KernelBench level 2 problem 87, rewritten
import torch
import torch.nn as nn


class ConvOffsetsMish(nn.Module):
    def __init__(self, cin, cout, k, first, second):
        super().__init__()
        self.features = nn.Conv2d(cin, cout, k)
        self.offset = first + second
        self.act = nn.Mish()

    def forward(self, img):
        return self.act(self.features(img) - self.offset)


def get_inputs():
    return [torch.rand(2, 4, 18, 18)]


def get_init_inputs():
    return [4, 8, 3, 0.5, 0.2]
