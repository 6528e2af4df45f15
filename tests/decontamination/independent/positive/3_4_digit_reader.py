# KernelBench level 3 problem 4, rewritten
from itertools import pairwise

import torch
from torch import nn


class DigitReader(nn.Module):
    def __init__(self, n_classes):
        super().__init__()
        spec = [(1, 6), (6, 16)]
        conv = []
        for a, b in spec:
            conv += [nn.Conv2d(a, b, 5), nn.ReLU(), nn.MaxPool2d(2)]
        widths = [400, 120, 84]
        dense = []
        for a, b in pairwise(widths):
            dense += [nn.Linear(a, b), nn.ReLU(), nn.Dropout(0.3)]
        self.net = nn.Sequential(*conv, nn.Flatten(), *dense, nn.Linear(widths[-1], n_classes))

    def forward(self, digits):
        return self.net(digits)


def get_inputs():
    return [torch.rand(16, 1, 32, 32)]


def get_init_inputs():
    return [10]
