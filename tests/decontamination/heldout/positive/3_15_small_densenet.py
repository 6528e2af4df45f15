# KernelBench level 3 problem 15, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class GrowthLayer(nn.Module):
    def __init__(self, cin, growth):
        super().__init__()
        self.bn = nn.BatchNorm2d(cin)
        self.conv = nn.Conv2d(cin, growth, 3, padding=1, bias=False)

    def forward(self, x):
        return torch.cat([x, self.conv(F.relu(self.bn(x)))], dim=1)


class Halving(nn.Module):
    def __init__(self, cin):
        super().__init__()
        self.bn = nn.BatchNorm2d(cin)
        self.conv = nn.Conv2d(cin, cin // 2, 1, bias=False)

    def forward(self, x):
        return F.avg_pool2d(self.conv(F.relu(self.bn(x))), 2)


class SmallDenseNet(nn.Module):
    """Densely connected classifier with 6, 12, 24 and 16 growth layers."""

    def __init__(self, growth, stem, classes):
        super().__init__()
        body = [nn.Conv2d(3, stem, 7, 2, 3, bias=False), nn.BatchNorm2d(stem), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
        c = stem
        for i, depth in enumerate((6, 12, 24, 16)):
            if i:
                body.append(Halving(c))
                c //= 2
            for _ in range(depth):
                body.append(GrowthLayer(c, growth))
                c += growth
        body += [nn.BatchNorm2d(c), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
        self.body = nn.Sequential(*body)
        self.classes = nn.Linear(c, classes)

    def forward(self, x):
        return self.classes(self.body(x))


def get_inputs():
    return [torch.rand(1, 3, 64, 64)]


def get_init_inputs():
    return [4, 8, 10]
