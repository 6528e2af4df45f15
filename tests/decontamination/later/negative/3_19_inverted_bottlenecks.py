# near KernelBench level 3 problem 19, another function
import torch
import torch.nn as nn


def unit(c_in, c_out, k=1, stride=1, groups=1, act=True):
    parts = [nn.Conv2d(c_in, c_out, k, stride, k // 2, groups=groups, bias=False), nn.BatchNorm2d(c_out)]
    if act:
        parts.append(nn.ReLU6())
    return nn.Sequential(*parts)


class Inverted(nn.Module):
    def __init__(self, c_in, c_out, stride, expansion=4):
        super().__init__()
        mid = c_in * expansion
        self.path = nn.Sequential(
            unit(c_in, mid),
            unit(mid, mid, 3, stride, groups=mid),
            unit(mid, c_out, act=False),
        )
        self.keep = stride == 1 and c_in == c_out

    def forward(self, x):
        y = self.path(x)
        return x + y if self.keep else y


class MobileNetSecond(nn.Module):
    def __init__(self, classes, plan):
        super().__init__()
        layers = [unit(3, 8, 3, 2)]
        c = 8
        for width, repeats, stride in plan:
            for i in range(repeats):
                layers.append(Inverted(c, width, stride if i == 0 else 1))
                c = width
        layers.append(unit(c, 4 * c))
        self.layers = nn.Sequential(*layers)
        self.fc = nn.Linear(4 * c, classes)

    def forward(self, x):
        return self.fc(self.layers(x).mean((2, 3)))


def get_inputs():
    return [torch.rand(2, 3, 64, 64)]


def get_init_inputs():
    return [10, [(8, 1, 1), (12, 2, 2), (16, 3, 2), (24, 3, 2), (32, 2, 2)]]
