# KernelBench level 3 problem 17, inside a larger model
import torch
import torch.nn as nn
import torch.nn.functional as F


class Widen(nn.Module):
    def __init__(self, cin, narrow, wide):
        super().__init__()
        self.narrow = nn.Conv2d(cin, narrow, 1)
        self.point = nn.Conv2d(narrow, wide, 1)
        self.area = nn.Conv2d(narrow, wide, 3, padding=1)

    def forward(self, x):
        s = self.narrow(x).relu()
        return torch.relu(torch.cat([self.point(s), self.area(s)], dim=1))


class PhotoTagger(nn.Module):
    def __init__(self, tags):
        super().__init__()
        self.reduce = nn.Conv2d(3, 12, 3, stride=2, bias=False)
        self.norm = nn.BatchNorm2d(12)
        self.widen = Widen(12, 6, 16)
        self.tags = nn.Linear(32, tags)

    def forward(self, photo):
        x = F.silu(self.norm(self.reduce(photo)))
        x = F.avg_pool2d(self.widen(x), 3)
        return torch.sigmoid(self.tags(x.flatten(2).amax(-1)))


def get_inputs():
    return [torch.rand(3, 3, 36, 36)]


def get_init_inputs():
    return [9]
