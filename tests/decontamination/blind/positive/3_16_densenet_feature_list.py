# KernelBench level 3 problem 16, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class PreActConv(nn.Module):
    """batch norm -> relu -> bias-free convolution"""

    def __init__(self, cin, cout, k):
        super().__init__()
        self.bn = nn.BatchNorm2d(cin)
        self.conv = nn.Conv2d(cin, cout, k, padding=k // 2, bias=False)

    def forward(self, t):
        return self.conv(F.relu(self.bn(t)))


class DenselyConnected(nn.Module):
    def __init__(self, cin, depth, growth):
        super().__init__()
        self.steps = nn.ModuleList(PreActConv(cin + j * growth, growth, 3) for j in range(depth))
        self.width = cin + depth * growth

    def forward(self, t):
        for step in self.steps:
            t = torch.cat([t, step(t)], dim=1)
        return t


class Compress(PreActConv):
    def __init__(self, cin):
        super().__init__(cin, cin // 2, 1)

    def forward(self, t):
        return F.avg_pool2d(super().forward(t), 2)


class DenseNet(nn.Module):
    DEPTHS = (6, 12, 48, 32)

    def __init__(self, growth=32, n_classes=1000, stem=64):
        super().__init__()
        self.stem_conv = nn.Conv2d(3, stem, 7, 2, 3, bias=False)
        self.stem_bn = nn.BatchNorm2d(stem)
        trunk = []
        width = stem
        for depth in self.DEPTHS:
            if trunk:
                trunk.append(Compress(width))
                width //= 2
            block = DenselyConnected(width, depth, growth)
            trunk.append(block)
            width = block.width
        self.trunk = nn.Sequential(*trunk)
        self.last_bn = nn.BatchNorm2d(width)
        self.out = nn.Linear(width, n_classes)

    def forward(self, img):
        t = self.stem_bn(self.stem_conv(img)).relu()
        t = F.max_pool2d(t, 3, stride=2, padding=1)
        t = self.last_bn(self.trunk(t)).relu()
        return self.out(t.mean((2, 3)))


def get_inputs():
    return [torch.rand(2, 3, 64, 64)]


def get_init_inputs():
    return [4, 10, 16]
