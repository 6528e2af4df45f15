# near KernelBench level 3 problem 9: the same depth without any shortcut, strided, leaky ReLU, no pooling at the start
from itertools import pairwise

import torch
import torch.nn as nn


def step(cin, cout, stride):
    return nn.Sequential(
        nn.Conv2d(cin, cout, 3, stride=stride, padding=1, bias=False),
        nn.BatchNorm2d(cout),
        nn.LeakyReLU(0.1),
    )


class PlainNet(nn.Module):
    def __init__(self, classes):
        super().__init__()
        widths = [8, 8, 8, 16, 16, 32, 32, 64, 64]
        layers = [step(3, widths[0], 2)]
        for a, b in pairwise(widths):
            layers.append(step(a, b, 2 if a != b else 1))
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d((2, 2))
        self.fc = nn.Linear(64 * 4, classes)

    def forward(self, x):
        x = self.avgpool(self.features(x))
        return self.fc(torch.flatten(x, 1))


def get_inputs():
    return [torch.rand(2, 3, 64, 64)]


def get_init_inputs():
    return [10]
