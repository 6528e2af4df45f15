# KernelBench level 3 problem 21, inside a larger model
import torch
import torch.nn as nn
import torch.nn.functional as F


def conv_stats(cin, cout, k, stride=1, groups=1):
    return [nn.Conv2d(cin, cout, k, stride, k // 2, groups=groups, bias=False), nn.BatchNorm2d(cout)]


class Inverted(nn.Module):
    def __init__(self, cin, cout, k, stride, ratio):
        super().__init__()
        mid = cin * ratio
        self.up = nn.Sequential(*conv_stats(cin, mid, 1))
        self.space = nn.Sequential(*conv_stats(mid, mid, k, stride, groups=mid))
        self.down = nn.Sequential(*conv_stats(mid, cout, 1))

    def forward(self, x):
        x = self.up(x).clamp(0, 6)
        x = self.space(x).clamp(0, 6)
        return self.down(x)


class Keypoints(nn.Module):
    def __init__(self, points):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, 2, 1)
        self.block = Inverted(8, 12, 5, 2, 4)
        self.heat = nn.ConvTranspose2d(12, points, 4, 4)

    def forward(self, img):
        heat = self.heat(self.block(F.softplus(self.stem(img))))
        b, p, h, w = heat.shape
        return heat.view(b, p, h * w).softmax(-1).view(b, p, h, w)


def get_inputs():
    return [torch.rand(2, 3, 48, 48)]


def get_init_inputs():
    return [5]
