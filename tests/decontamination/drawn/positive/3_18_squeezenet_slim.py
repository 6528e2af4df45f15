# KernelBench level 3 problem 18, rewritten
import torch
from torch import nn
from torch.nn import functional as F


class Fire(nn.Module):
    def __init__(self, c_in, squeeze, expand):
        super().__init__()
        self.s = nn.Conv2d(c_in, squeeze, 1)
        self.e1 = nn.Conv2d(squeeze, expand, 1)
        self.e3 = nn.Conv2d(squeeze, expand, 3, padding=1)

    def forward(self, x):
        x = F.relu(self.s(x))
        return F.relu(torch.cat((self.e1(x), self.e3(x)), dim=1))


# (squeeze, expand) of each fire module; "P" halves the resolution
PLAN = [(16, 64), (16, 64), (32, 128), "P", (32, 128), (48, 192), (48, 192), (64, 256), "P", (64, 256)]


class SlimSqueezeNet(nn.Module):
    def __init__(self, classes, width=1.0):
        super().__init__()

        def w(n):
            return max(1, int(n * width))

        c = w(96)
        layers = [nn.Conv2d(3, c, 7, stride=2), nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True)]
        for item in PLAN:
            if item == "P":
                layers.append(nn.MaxPool2d(3, 2, ceil_mode=True))
            else:
                s, e = item
                layers.append(Fire(c, w(s), w(e)))
                c = 2 * w(e)
        self.trunk = nn.Sequential(*layers)
        self.classify = nn.Conv2d(c, classes, 1)

    def forward(self, images):
        maps = F.relu(self.classify(self.trunk(images)))
        return maps.mean(dim=(-2, -1))


def get_inputs():
    return [torch.rand(2, 3, 80, 80)]


def get_init_inputs():
    return [11, 0.25]
