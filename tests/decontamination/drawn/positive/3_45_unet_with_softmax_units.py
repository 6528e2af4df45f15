# KernelBench level 3 problem 45, rewritten
import torch
from torch import nn


def two_convs(c_in, c_out):
    """(3x3 convolution, batch norm, softmax along the image rows) twice."""
    layers = []
    for c in (c_in, c_out):
        layers += [nn.Conv2d(c, c_out, 3, padding=1), nn.BatchNorm2d(c_out), nn.Softmax(dim=-1)]
    return nn.Sequential(*layers)


class SoftmaxUNet(nn.Module):
    def __init__(self, c_in, classes, base=16, levels=4):
        super().__init__()
        widths = [base * 2**i for i in range(levels + 1)]
        self.down = nn.ModuleList()
        for a, b in zip([c_in, *widths[:-2]], widths[:-1], strict=False):
            self.down.append(two_convs(a, b))
        self.pool = nn.MaxPool2d(2)
        self.middle = two_convs(widths[-2], widths[-1])
        self.lift = nn.ModuleList()
        self.up = nn.ModuleList()
        for w in reversed(widths[:-1]):
            self.lift.append(nn.ConvTranspose2d(2 * w, w, 2, stride=2))
            self.up.append(two_convs(2 * w, w))
        self.classify = nn.Conv2d(base, classes, 1)

    def forward(self, x):
        skips = []
        for block in self.down:
            x = block(x)
            skips.append(x)
            x = self.pool(x)
        x = self.middle(x)
        for lift, block in zip(self.lift, self.up, strict=False):
            x = block(torch.cat([lift(x), skips.pop()], dim=1))
        return self.classify(x)


def get_inputs():
    return [torch.rand(2, 3, 32, 48)]


def get_init_inputs():
    return [3, 4, 6]
