# near KernelBench level 3 problem 27: strided residual bottlenecks with grouped convolutions, without max pooling
import torch
from torch import nn


class XBlock(nn.Module):
    def __init__(self, c_in, c_out, stride, group_width):
        super().__init__()
        self.main = nn.Sequential(
            nn.Conv2d(c_in, c_out, 1, bias=False),
            nn.BatchNorm2d(c_out),
            nn.ReLU(),
            nn.Conv2d(c_out, c_out, 3, stride, 1, groups=c_out // group_width, bias=False),
            nn.BatchNorm2d(c_out),
            nn.ReLU(),
            nn.Conv2d(c_out, c_out, 1, bias=False),
            nn.BatchNorm2d(c_out),
        )
        self.skip = nn.Sequential(nn.Conv2d(c_in, c_out, 1, stride, bias=False), nn.BatchNorm2d(c_out))

    def forward(self, x):
        return torch.relu(self.main(x) + self.skip(x))


class GroupedRegNet(nn.Module):
    def __init__(self, widths, classes, group_width=4):
        super().__init__()
        layers = [nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU()]
        c = 8
        for w in widths:
            layers.append(XBlock(c, w, 2, group_width))
            c = w
        self.trunk = nn.Sequential(*layers)
        self.fc = nn.Linear(c, classes)

    def forward(self, images):
        return self.fc(self.trunk(images).mean((2, 3)))


def get_inputs():
    return [torch.rand(2, 3, 48, 48)]


def get_init_inputs():
    return [(8, 16, 24), 10]
