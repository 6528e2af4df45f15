# near KernelBench level 3 problem 26, another function
import torch
import torch.nn as nn
import torch.nn.functional as F


class ConvNorm(nn.Module):
    def __init__(self, c_in, c_out, k, stride=1, groups=1):
        super().__init__()
        self.conv = nn.Conv2d(c_in, c_out, k, stride, k // 2, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(c_out)

    def forward(self, x):
        return self.norm(self.conv(x))


class GroupedBottleneck(nn.Module):
    """ResNeXt style: dense 1x1, grouped 3x3, dense 1x1, ReLU after the sum."""

    def __init__(self, c_in, c_out, groups, stride):
        super().__init__()
        mid = c_out // 2
        self.a = ConvNorm(c_in, mid, 1)
        self.b = ConvNorm(mid, mid, 3, stride, groups)
        self.c = ConvNorm(mid, c_out, 1)
        same = stride == 1 and c_in == c_out
        self.skip = nn.Identity() if same else ConvNorm(c_in, c_out, 1, stride)

    def forward(self, x):
        y = F.relu(self.a(x))
        y = F.relu(self.b(y))
        return F.relu(self.c(y) + self.skip(x))


class GroupedResNet(nn.Module):
    def __init__(self, classes, groups, repeats, widths):
        super().__init__()
        self.stem = ConvNorm(3, widths[0], 3, 2)
        blocks = []
        for n, a, b in zip(repeats, widths, widths[1:], strict=False):
            for i in range(n):
                blocks.append(GroupedBottleneck(b if i else a, b, groups, 1 if i else 2))
        self.blocks = nn.Sequential(*blocks)
        self.fc = nn.Linear(widths[-1], classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.stem(x)), 3, 2, 1)
        return self.fc(self.blocks(x).mean((2, 3)))


def get_inputs():
    return [torch.rand(2, 3, 64, 64)]


def get_init_inputs():
    return [10, 3, [3, 7, 3], [12, 24, 48, 96]]
