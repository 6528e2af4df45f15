# KernelBench level 3 problem 24, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class SqueezeBlock(nn.Module):
    """
    Expand, depthwise filter, then a global average turned into sigmoid gates by a
    two-layer bottleneck; the gates themselves (not a product with the map) are
    projected to the output channels.
    """

    def __init__(self, cin, cout, stride, ratio):
        super().__init__()
        mid = cin * ratio
        self.expand = nn.Conv2d(cin, mid, 1, bias=False)
        self.expand_bn = nn.BatchNorm2d(mid)
        self.spatial = nn.Conv2d(mid, mid, 3, stride, 1, groups=mid, bias=False)
        self.spatial_bn = nn.BatchNorm2d(mid)
        self.down = nn.Linear(mid, mid // 4, bias=False)
        self.up = nn.Linear(mid // 4, mid, bias=False)
        self.project = nn.Linear(mid, cout, bias=False)
        self.project_bn = nn.BatchNorm1d(cout)

    def forward(self, t):
        t = F.relu(self.expand_bn(self.expand(t)))
        t = F.relu(self.spatial_bn(self.spatial(t)))
        vec = t.mean(dim=(2, 3))
        gates = torch.sigmoid(self.up(F.relu(self.down(vec))))
        return self.project_bn(self.project(gates))[:, :, None, None]


class EffNetTwo(nn.Module):
    def __init__(self, n_classes=1000, div=1):
        super().__init__()
        c = [v // div for v in (32, 96, 144, 192, 288, 384)]
        top = 1408 // div
        self.entry = nn.Sequential(
            nn.Conv2d(3, c[0], 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(c[0]), nn.ReLU()
        )
        self.b1 = SqueezeBlock(c[0], c[1], 1, 3)
        self.b2 = SqueezeBlock(c[1], c[2], 2, 6)
        self.b3 = SqueezeBlock(c[2], c[3], 2, 6)
        self.b4 = SqueezeBlock(c[3], c[4], 2, 6)
        self.b5 = SqueezeBlock(c[4], c[5], 1, 6)
        self.exit = nn.Linear(c[5], top, bias=False)
        self.exit_bn = nn.BatchNorm1d(top)
        self.scores = nn.Linear(top, n_classes)

    def forward(self, img):
        t = self.entry(img)
        for block in (self.b1, self.b2, self.b3, self.b4, self.b5):
            t = block(t)
        # the map is a single pixel from the first block on
        vec = t.flatten(1)
        return self.scores(torch.relu(self.exit_bn(self.exit(vec))))


def get_inputs():
    return [torch.randn(6, 3, 32, 32)]


def get_init_inputs():
    return [10, 4]
