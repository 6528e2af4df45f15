# KernelBench level 3 problem 18, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F

# squeeze and expand widths; "pool" marks a downsampling step
LAYOUT = [(2, 8), (2, 8), (4, 16), "pool", (4, 16), (6, 24), (6, 24), (8, 32), "pool", (8, 32)]


class Fire(nn.Module):
    def __init__(self, cin, s, e):
        super().__init__()
        self.s = nn.Conv2d(cin, s, 1)
        self.e1 = nn.Conv2d(s, e, 1)
        self.e3 = nn.Conv2d(s, e, 3, padding=1)

    def forward(self, x):
        x = self.s(x).relu()
        return torch.cat([self.e1(x).relu(), self.e3(x).relu()], 1)


class TinySqueeze(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.stem = nn.Conv2d(3, 12, 7, 2)
        c = 12
        steps = []
        for item in LAYOUT:
            if item == "pool":
                steps.append(nn.MaxPool2d(3, 2, ceil_mode=True))
            else:
                steps.append(Fire(c, *item))
                c = 2 * item[1]
        self.steps = nn.ModuleList(steps)
        self.last = nn.Conv2d(c, classes, 1)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.stem(x)), 3, 2, ceil_mode=True)
        for step in self.steps:
            x = step(x)
        return F.relu(self.last(x)).mean(dim=(-2, -1))


def get_inputs():
    return [torch.rand(1, 3, 64, 64)]


def get_init_inputs():
    return [7]
