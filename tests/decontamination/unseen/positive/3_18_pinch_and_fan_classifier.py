# KernelBench level 3 problem 18, rewritten
import torch
import torch.nn.functional as F
from torch import nn


class PinchFan(nn.Module):
    def __init__(self, c_in, pinch, fan_a, fan_b):
        super().__init__()
        self.pinch = nn.Conv2d(c_in, pinch, 1)
        self.fan_a = nn.Conv2d(pinch, fan_a, 1)
        self.fan_b = nn.Conv2d(pinch, fan_b, 3, padding=1)

    def forward(self, t):
        t = F.relu(self.pinch(t))
        return F.relu(torch.cat((self.fan_a(t), self.fan_b(t)), dim=1))


def shrink(t):
    return F.max_pool2d(t, kernel_size=3, stride=2, ceil_mode=True)


class PinchFanClassifier(nn.Module):
    def __init__(self, classes, unit=4):
        super().__init__()
        u = unit
        self.entry = nn.Conv2d(3, 3 * u, 7, stride=2)
        table = [
            (u // 2, 2 * u),
            (u // 2, 2 * u),
            (u, 4 * u),
            (u, 4 * u),
            (3 * u // 2, 6 * u),
            (3 * u // 2, 6 * u),
            (2 * u, 8 * u),
            (2 * u, 8 * u),
        ]
        self.units = nn.ModuleList()
        c = 3 * u
        for pinch, fan in table:
            self.units.append(PinchFan(c, pinch, fan, fan))
            c = 2 * fan
        self.verdict = nn.Conv2d(c, classes, 1)
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_uniform_(m.weight, nonlinearity="relu")

    def forward(self, image):
        h = shrink(F.relu(self.entry(image)))
        for n, unit in enumerate(self.units):
            h = unit(h)
            if n in (2, 6):
                h = shrink(h)
        return F.relu(self.verdict(h)).mean((2, 3))


def get_inputs():
    return [2 * torch.randn(2, 3, 64, 64)]


def get_init_inputs():
    return [10]
