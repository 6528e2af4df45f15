# near KernelBench level 3 problem 24: the pooled branch multiplies the features instead of replacing them; fewer blocks
import torch
import torch.nn as nn
import torch.nn.functional as F


class GatedBlock(nn.Module):
    def __init__(self, cin, cout, stride, factor):
        super().__init__()
        mid = cin * factor
        self.widen = nn.Conv2d(cin, mid, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(mid)
        self.filter = nn.Conv2d(mid, mid, 3, stride, 1, groups=mid, bias=False)
        self.bn2 = nn.BatchNorm2d(mid)
        self.down = nn.Conv2d(mid, mid // 4, 1, bias=False)
        self.up = nn.Conv2d(mid // 4, mid, 1, bias=False)
        self.project = nn.Conv2d(mid, cout, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(cout)

    def forward(self, x):
        h = F.relu(self.bn1(self.widen(x)))
        h = F.relu(self.bn2(self.filter(h)))
        gate = torch.sigmoid(self.up(F.relu(self.down(F.adaptive_avg_pool2d(h, 1)))))
        return self.bn3(self.project(h * gate))


class GatedEfficientNet(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU())
        self.blocks = nn.Sequential(GatedBlock(8, 12, 1, 3), GatedBlock(12, 16, 2, 6), GatedBlock(16, 24, 2, 6))
        self.last = nn.Sequential(nn.Conv2d(24, 48, 1, bias=False), nn.BatchNorm2d(48), nn.ReLU())
        self.fc = nn.Linear(48, classes)

    def forward(self, x):
        h = self.last(self.blocks(self.stem(x)))
        return self.fc(h.mean(dim=(2, 3)))


def get_inputs():
    return [torch.rand(1, 3, 32, 32)]


def get_init_inputs():
    return [10]
