# KernelBench level 3 problem 17, inside a larger model
import torch
import torch.nn as nn
import torch.nn.functional as F


class SqueezeExpand(nn.Module):
    def __init__(self, cin, thin, wide):
        super().__init__()
        self.thin = nn.Conv2d(cin, thin, 1)
        self.point = nn.Conv2d(thin, wide, 1)
        self.patch = nn.Conv2d(thin, wide, 3, padding=1)

    def forward(self, x):
        t = F.relu(self.thin(x))
        return torch.cat((F.relu(self.point(t)), F.relu(self.patch(t))), dim=1)


class PlateReader(nn.Module):
    """Reads a strip of characters: one distribution for each column of the picture."""

    def __init__(self, symbols=12):
        super().__init__()
        self.lift = nn.Conv2d(1, 8, 5, stride=2, padding=2)
        self.bn = nn.BatchNorm2d(8)
        self.block = SqueezeExpand(8, 4, 10)
        self.columns = nn.Conv1d(20, symbols, 3, padding=1)

    def forward(self, strip):
        h = F.hardswish(self.bn(self.lift(strip)))
        h = self.block(h).mean(dim=2)
        return self.columns(h).log_softmax(dim=1)


def get_inputs():
    return [torch.rand(2, 1, 16, 48)]


def get_init_inputs():
    return []
