# KernelBench level 3 problem 45, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class ConvPair(nn.Module):
    """Twice: 3x3 convolution, batch norm, softmax along the image width."""

    def __init__(self, cin, cout):
        super().__init__()
        self.c1 = nn.Conv2d(cin, cout, 3, padding=1)
        self.n1 = nn.BatchNorm2d(cout)
        self.c2 = nn.Conv2d(cout, cout, 3, padding=1)
        self.n2 = nn.BatchNorm2d(cout)

    def forward(self, t):
        t = self.n1(self.c1(t)).softmax(-1)
        return self.n2(self.c2(t)).softmax(-1)


class Level(nn.Module):
    """A U-Net level that contains the next deeper one."""

    def __init__(self, cin, width, deeper):
        super().__init__()
        self.encode = ConvPair(cin, width)
        self.deeper = deeper
        self.rise = nn.ConvTranspose2d(2 * width, width, 2, stride=2)
        self.decode = ConvPair(2 * width, width)

    def forward(self, t):
        skip = self.encode(t)
        below = self.deeper(F.max_pool2d(skip, 2))
        return self.decode(torch.cat([self.rise(below), skip], dim=1))


class NestedUNet(nn.Module):
    def __init__(self, cin, cout, base, depth=4):
        super().__init__()
        body = ConvPair(base * 2 ** (depth - 1), base * 2**depth)
        for d in reversed(range(depth)):
            width = base * 2**d
            body = Level(cin if d == 0 else width // 2, width, body)
        self.body = body
        self.project = nn.Conv2d(base, cout, 1)

    def forward(self, img):
        return self.project(self.body(img))


def get_inputs():
    return [torch.rand(2, 3, 16, 48)]


def get_init_inputs():
    return [3, 2, 4]
