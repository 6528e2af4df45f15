# KernelBench level 3 problem 5, rewritten
import torch
from torch import nn

WIDTHS = (96, 256, 384, 384, 256)


class CompactAlexNet(nn.Module):
    def __init__(self, classes, shrink=8, side=3, hidden=4096):
        super().__init__()
        a, b, c, d, e = (w // shrink for w in WIDTHS)
        hidden = hidden // shrink
        self.convs = nn.Sequential(
            nn.Conv2d(3, a, 11, stride=4, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(3, 2),
            nn.Conv2d(a, b, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(3, 2),
            nn.Conv2d(b, c, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(c, d, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(d, e, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(3, 2),
        )
        self.fcs = nn.ModuleList([nn.Linear(e * side * side, hidden), nn.Linear(hidden, hidden)])
        self.out = nn.Linear(hidden, classes)

    def forward(self, images):
        x = self.convs(images).flatten(1)
        for fc in self.fcs:
            x = fc(x).relu()
        return self.out(x)


def get_inputs():
    return [torch.rand(2, 3, 128, 128)]


def get_init_inputs():
    return [20]
