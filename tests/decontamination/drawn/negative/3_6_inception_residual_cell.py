# near KernelBench level 3 problem 6: three rectified branches are merged by a 1x1 convolution and added to the input
import torch
from torch import nn


class RectConv(nn.Module):
    def __init__(self, c_in, c_out, k):
        super().__init__()
        self.conv = nn.Conv2d(c_in, c_out, k, padding=k // 2, bias=False)
        self.bn = nn.BatchNorm2d(c_out)

    def forward(self, x):
        return torch.relu(self.bn(self.conv(x)))


class InceptionResidual(nn.Module):
    def __init__(self, channels, branch, scale=0.2):
        super().__init__()
        self.one = RectConv(channels, branch, 1)
        self.two = nn.Sequential(RectConv(channels, branch, 1), RectConv(branch, branch, 3))
        self.three = nn.Sequential(
            RectConv(channels, branch, 1), RectConv(branch, branch + 4, 3), RectConv(branch + 4, branch, 3)
        )
        self.merge = nn.Conv2d(3 * branch, channels, 1)
        self.scale = scale

    def forward(self, x):
        paths = torch.cat([self.one(x), self.two(x), self.three(x)], dim=1)
        return torch.relu(x + self.scale * self.merge(paths))


def get_inputs():
    return [torch.rand(2, 16, 12, 12)]


def get_init_inputs():
    return [16, 8]
