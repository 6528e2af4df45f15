# near KernelBench level 3 problem 11, another function
import itertools

import torch
import torch.nn as nn
import torch.nn.functional as F


class Stage(nn.Module):
    def __init__(self, c_in, c_out):
        super().__init__()
        self.first = nn.Conv2d(c_in, c_out, 3, padding=1, bias=False)
        self.bn_first = nn.BatchNorm2d(c_out)
        self.second = nn.Conv2d(c_out, c_out, 3, padding=1, bias=False)
        self.bn_second = nn.BatchNorm2d(c_out)

    def forward(self, x):
        x = F.relu(self.bn_first(self.first(x)))
        x = F.relu(self.bn_second(self.second(x)))
        return F.avg_pool2d(x, 2)


class NormalizedVGG13(nn.Module):
    def __init__(self, classes, base):
        super().__init__()
        widths = [3, base, 2 * base, 4 * base, 8 * base, 8 * base]
        self.stages = nn.Sequential(*[Stage(a, b) for a, b in itertools.pairwise(widths)])
        self.out = nn.Linear(widths[-1], classes)

    def forward(self, img):
        return self.out(self.stages(img).mean((2, 3)))


def get_inputs():
    return [torch.rand(2, 3, 64, 64)]


def get_init_inputs():
    return [12, 8]
