# KernelBench level 3 problem 22, rewritten
import torch
from torch import nn

ROWS = (
    (1, 4, 3, 1),
    (6, 6, 3, 2),
    (6, 6, 3, 1),
    (6, 10, 5, 2),
    (6, 10, 5, 1),
    (6, 16, 3, 2),
    (6, 16, 3, 1),
    (6, 20, 5, 1),
    (6, 20, 5, 1),
    (6, 24, 5, 2),
    (6, 24, 5, 1),
    (6, 24, 5, 1),
    (6, 32, 3, 1),
)


def conv_norm(c_in, c_out, k, stride=1, groups=1):
    return [
        nn.Conv2d(c_in, c_out, k, stride, k // 2, groups=groups, bias=False),
        nn.BatchNorm2d(c_out),
    ]


class Bounded(nn.Module):
    def forward(self, t):
        return t.clamp(0.0, 6.0)


class Shortcut(nn.Module):
    def __init__(self, body):
        super().__init__()
        self.body = body

    def forward(self, t):
        return t + self.body(t)


def bottleneck(c_in, c_out, k, stride, ratio):
    wide = c_in * ratio
    parts = []
    if ratio > 1:
        parts += [*conv_norm(c_in, wide, 1), Bounded()]
    parts += [*conv_norm(wide, wide, k, stride, groups=wide), Bounded()]
    parts += conv_norm(wide, c_out, 1)
    body = nn.Sequential(*parts)
    return Shortcut(body) if stride == 1 and c_in == c_out else body


class BottleneckTower(nn.Module):
    def __init__(self, classes, start=8, final=64):
        super().__init__()
        layers = [*conv_norm(3, start, 3, 2), nn.ReLU()]
        c = start
        for ratio, c_out, k, stride in ROWS:
            layers.append(bottleneck(c, c_out, k, stride, ratio))
            c = c_out
        layers += [*conv_norm(c, final, 1), nn.ReLU()]
        layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(final, classes)]
        self.tower = nn.Sequential(*layers)
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight)

    def forward(self, image):
        return self.tower(image)


def get_inputs():
    return [torch.randn(2, 3, 64, 64)]


def get_init_inputs():
    return [10]
