# KernelBench level 3 problem 22, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class ConvBN(nn.Module):
    def __init__(self, cin, cout, k=1, stride=1, groups=1, act=None):
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, k, stride, (k - 1) // 2, groups=groups, bias=False)
        self.bn = nn.BatchNorm2d(cout)
        self.act = act

    def forward(self, t):
        t = self.bn(self.conv(t))
        return t if self.act is None else self.act(t)


class InvertedResidual(nn.Module):
    def __init__(self, cin, cout, k, stride, factor):
        super().__init__()
        mid = cin * factor
        steps = []
        if factor > 1:
            steps.append(ConvBN(cin, mid, act=F.relu6))
        steps.append(ConvBN(mid, mid, k, stride, groups=mid, act=F.relu6))
        steps.append(ConvBN(mid, cout))
        self.path = nn.Sequential(*steps)
        self.skip = stride == 1 and cin == cout

    def forward(self, t):
        return t + self.path(t) if self.skip else self.path(t)


class EffNetZero(nn.Module):
    # out channels, kernel, stride, expansion
    ROWS = (
        (16, 3, 1, 1),
        (24, 3, 2, 6),
        (24, 3, 1, 6),
        (40, 5, 2, 6),
        (40, 5, 1, 6),
        (80, 3, 2, 6),
        (80, 3, 1, 6),
        (112, 5, 1, 6),
        (112, 5, 1, 6),
        (192, 5, 2, 6),
        (192, 5, 1, 6),
        (192, 5, 1, 6),
        (320, 3, 1, 6),
    )

    def __init__(self, n_classes=1000, divide=1):
        super().__init__()
        ch = 32 // divide
        layers = [ConvBN(3, ch, 3, stride=2, act=F.relu)]
        for cout, k, stride, factor in self.ROWS:
            layers.append(InvertedResidual(ch, cout // divide, k, stride, factor))
            ch = cout // divide
        layers.append(ConvBN(ch, 1280 // divide, act=F.relu))
        self.backbone = nn.Sequential(*layers)
        self.linear = nn.Linear(1280 // divide, n_classes)

    def forward(self, img):
        return self.linear(self.backbone(img).mean([2, 3]))


def get_inputs():
    return [torch.rand(3, 3, 64, 64)]


def get_init_inputs():
    return [10, 4]
