# KernelBench level 3 problem 10, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


def conv_bn(cin, cout, k, stride=1):
    return nn.Sequential(nn.Conv2d(cin, cout, k, stride, k // 2, bias=False), nn.BatchNorm2d(cout))


class ResidualUnit(nn.Module):
    """Narrow, filter, widen by four; add the (projected) input."""

    def __init__(self, cin, width, stride):
        super().__init__()
        cout = 4 * width
        self.narrow = conv_bn(cin, width, 1)
        self.filter = conv_bn(width, width, 3, stride)
        self.widen = conv_bn(width, cout, 1)
        self.project = conv_bn(cin, cout, 1, stride) if stride > 1 or cin != cout else nn.Identity()

    def forward(self, x):
        h = F.relu(self.narrow(x))
        h = F.relu(self.filter(h))
        return F.relu(self.widen(h) + self.project(x))


class DeepResidualNet(nn.Module):
    def __init__(self, depths, base, classes):
        super().__init__()
        stem = [nn.Conv2d(3, base, 7, 2, 3, bias=False), nn.BatchNorm2d(base), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
        units = []
        cin = base
        for stage, depth in enumerate(depths):
            width = base * 2**stage
            for i in range(depth):
                units.append(ResidualUnit(cin, width, 2 if stage > 0 and i == 0 else 1))
                cin = 4 * width
        self.stem = nn.Sequential(*stem)
        self.units = nn.Sequential(*units)
        self.classify = nn.Linear(cin, classes)

    def forward(self, image):
        h = self.units(self.stem(image))
        return self.classify(h.mean((2, 3)))


def get_inputs():
    return [torch.rand(1, 3, 64, 64)]


def get_init_inputs():
    return [[3, 4, 23, 3], 4, 10]
