# KernelBench level 3 problem 45, rewritten
import torch
import torch.nn as nn


def twice(cin, cout):
    seq = []
    for c in (cin, cout):
        seq += [nn.Conv2d(c, cout, 3, padding="same"), nn.BatchNorm2d(cout), nn.Softmax(3)]
    return nn.Sequential(*seq)


class Level(nn.Module):
    """One resolution: encode, let a coarser level work on the half-size map, decode."""

    def __init__(self, cin, width, below):
        super().__init__()
        self.enter = twice(cin, width)
        self.below = None
        if below > 0:
            self.below = Level(width, 2 * width, below - 1)
            self.rise = nn.ConvTranspose2d(2 * width, width, 2, 2)
            self.leave = twice(2 * width, width)

    def forward(self, x):
        x = self.enter(x)
        if self.below is None:
            return x
        half = torch.nn.functional.max_pool2d(x, 2)
        return self.leave(torch.cat([self.rise(self.below(half)), x], 1))


class Hourglass(nn.Module):
    def __init__(self, cin, cout, width):
        super().__init__()
        self.top = Level(cin, width, below=4)
        self.to_out = nn.Conv2d(width, cout, 1)

    def forward(self, img):
        return self.to_out(self.top(img))


def get_inputs():
    return [torch.rand(2, 3, 32, 48)]


def get_init_inputs():
    return [3, 2, 6]
