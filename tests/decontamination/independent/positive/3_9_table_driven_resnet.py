# KernelBench level 3 problem 9, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class ConvStats(nn.Module):
    """Convolution without bias followed by a batch norm."""

    def __init__(self, cin, cout, k, stride=1):
        super().__init__()
        self.c = nn.Conv2d(cin, cout, k, stride, (k - 1) // 2, bias=False)
        self.n = nn.BatchNorm2d(cout)

    def forward(self, x):
        return self.n(self.c(x))


class TableResNet(nn.Module):
    # (width multiplier, stride) of each of the eight residual units
    UNITS = ((1, 1), (1, 1), (2, 2), (2, 1), (4, 2), (4, 1), (8, 2), (8, 1))

    def __init__(self, base, n_out):
        super().__init__()
        self.stem = ConvStats(3, base, 7, 2)
        self.a, self.b, self.side = nn.ModuleList(), nn.ModuleList(), nn.ModuleDict()
        cin = base
        for i, (mult, stride) in enumerate(self.UNITS):
            cout = base * mult
            self.a.append(ConvStats(cin, cout, 3, stride))
            self.b.append(ConvStats(cout, cout, 3))
            if stride != 1 or cin != cout:
                self.side[str(i)] = ConvStats(cin, cout, 1, stride)
            cin = cout
        self.readout = nn.Linear(cin, n_out)

    def forward(self, img):
        x = F.max_pool2d(F.relu(self.stem(img)), 3, 2, 1)
        for i in range(len(self.UNITS)):
            key = str(i)
            left = self.side[key](x) if key in self.side else x
            x = F.relu(left + self.b[i](F.relu(self.a[i](x))))
        return self.readout(x.mean(-1).mean(-1))


def get_inputs():
    return [torch.rand(2, 3, 64, 64)]


def get_init_inputs():
    return [16, 10]
