# KernelBench level 3 problem 19, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class ConvUnit(nn.Module):
    """Convolution without bias, batch normalisation, ReLU."""

    def __init__(self, c_in, c_out, k, stride=1, groups=1):
        super().__init__()
        self.conv = nn.Conv2d(c_in, c_out, k, stride=stride, padding=k // 2, groups=groups, bias=False)
        self.bn = nn.BatchNorm2d(c_out)

    def forward(self, x):
        return F.relu(self.bn(self.conv(x)))


# (output width, stride) of the separable blocks
BLOCKS = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)] + 5 * [(512, 1)] + [(1024, 2), (1024, 1)]


class MobileNet(nn.Module):
    def __init__(self, classes, channels=3, multiplier=1.0):
        super().__init__()
        width = int(32 * multiplier)
        units = [ConvUnit(channels, width, 3, stride=2)]
        for target, stride in BLOCKS:
            target = int(target * multiplier)
            units.append(ConvUnit(width, width, 3, stride=stride, groups=width))
            units.append(ConvUnit(width, target, 1))
            width = target
        self.units = nn.ModuleList(units)
        self.classifier = nn.Linear(width, classes)

    def forward(self, x):
        for unit in self.units:
            x = unit(x)
        # the last grid is covered by the average pooling window entirely
        return self.classifier(x.mean(dim=(2, 3)))


def get_inputs():
    return [torch.rand(2, 3, 64, 64)]


def get_init_inputs():
    return [10, 3, 0.25]
