# near KernelBench level 3 problem 27: grouped bottleneck stages with a skip and strides, no max pooling
import torch
import torch.nn as nn
import torch.nn.functional as F


class GroupedStage(nn.Module):
    def __init__(self, cin, cout, groups):
        super().__init__()
        self.reduce = nn.Conv2d(cin, cout, 1)
        self.grouped = nn.Conv2d(cout, cout, 3, stride=2, padding=1, groups=groups)
        self.bn = nn.BatchNorm2d(cout)
        self.skip = nn.Conv2d(cin, cout, 2, stride=2)

    def forward(self, x):
        y = self.grouped(F.silu(self.reduce(x)))
        return F.silu(self.bn(y) + self.skip(x))


class GroupedNet(nn.Module):
    def __init__(self, widths, groups, classes):
        super().__init__()
        chans = [3, *widths]
        self.stages = nn.Sequential(
            *[GroupedStage(chans[i], chans[i + 1], groups) for i in range(len(widths))],
        )
        self.fc = nn.Linear(widths[-1], classes)

    def forward(self, x):
        return self.fc(self.stages(x).mean(dim=[2, 3]))


def get_inputs():
    return [torch.rand(2, 3, 48, 48)]


def get_init_inputs():
    return [[8, 16, 32], 4, 10]
