# near KernelBench level 3 problem 26: units split the channels and concatenate (second version) instead of adding
import torch
import torch.nn as nn


def shuffle(x, groups=2):
    n, c, h, w = x.shape
    return x.view(n, groups, c // groups, h, w).transpose(1, 2).reshape(n, c, h, w)


class SplitUnit(nn.Module):
    def __init__(self, channels):
        super().__init__()
        c = channels // 2
        self.branch = nn.Sequential(
            nn.Conv2d(c, c, 1, bias=False),
            nn.BatchNorm2d(c),
            nn.ReLU(),
            nn.Conv2d(c, c, 3, padding=1, groups=c, bias=False),
            nn.BatchNorm2d(c),
            nn.Conv2d(c, c, 1, bias=False),
            nn.BatchNorm2d(c),
            nn.ReLU(),
        )

    def forward(self, x):
        kept, changed = x.chunk(2, dim=1)
        return shuffle(torch.cat([kept, self.branch(changed)], dim=1))


class SplitShuffleNet(nn.Module):
    def __init__(self, width, units, classes):
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, width, 3, 2, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(), nn.MaxPool2d(3, 2, 1)
        )
        self.units = nn.Sequential(*[SplitUnit(width) for _ in range(units)])
        self.fc = nn.Linear(width, classes)

    def forward(self, x):
        h = self.units(self.stem(x))
        return self.fc(h.mean(dim=(2, 3)))


def get_inputs():
    return [torch.rand(1, 3, 32, 32)]


def get_init_inputs():
    return [16, 6, 10]
