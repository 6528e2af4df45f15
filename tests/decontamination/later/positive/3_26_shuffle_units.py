# KernelBench level 3 problem 26, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


def conv_bn(c_in, c_out, k=1, stride=1, groups=1):
    return nn.Sequential(
        nn.Conv2d(c_in, c_out, k, stride, k // 2, groups=groups, bias=False),
        nn.BatchNorm2d(c_out),
    )


def interleave(x, groups):
    return x.unflatten(1, (groups, -1)).transpose(1, 2).flatten(1, 2)


class Unit(nn.Module):
    def __init__(self, c_in, c_out, groups):
        super().__init__()
        squeeze = c_out // 4
        self.groups = groups
        self.reduce = conv_bn(c_in, squeeze, groups=groups)
        self.spatial = conv_bn(squeeze, squeeze, 3, groups=squeeze)
        self.expand = conv_bn(squeeze, c_out, groups=groups)
        self.project = conv_bn(c_in, c_out) if c_in != c_out else None

    def forward(self, x):
        skip = x if self.project is None else self.project(x)
        y = self.reduce(x).relu()
        y = interleave(self.spatial(y), self.groups)
        return skip + self.expand(y).relu()


class ShuffleClassifier(nn.Module):
    def __init__(self, classes, groups, repeats, widths, head_width):
        super().__init__()
        self.stem = conv_bn(3, widths[0], 3, stride=2)
        body = []
        for n, c_in, c_out in zip(repeats, widths, widths[1:], strict=False):
            for i in range(n):
                body.append(Unit(c_in if i == 0 else c_out, c_out, groups))
        self.body = nn.Sequential(*body)
        self.head = conv_bn(widths[-1], head_width)
        self.out = nn.Linear(head_width, classes)

    def forward(self, img):
        x = self.stem(img).relu()
        x = F.max_pool2d(x, 3, stride=2, padding=1)
        x = self.head(self.body(x)).relu()
        return self.out(x.mean((-2, -1)))


def get_inputs():
    return [torch.rand(2, 3, 32, 32)]


def get_init_inputs():
    return [10, 3, [3, 7, 3], [12, 24, 48, 96], 64]
