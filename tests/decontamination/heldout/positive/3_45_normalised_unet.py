# KernelBench level 3 problem 45, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class Stage(nn.Module):
    def __init__(self, cin, cout):
        super().__init__()
        self.a = nn.Conv2d(cin, cout, 3, padding=1)
        self.na = nn.BatchNorm2d(cout)
        self.b = nn.Conv2d(cout, cout, 3, padding=1)
        self.nb = nn.BatchNorm2d(cout)

    def forward(self, x):
        x = F.softmax(self.na(self.a(x)), dim=-1)
        return F.softmax(self.nb(self.b(x)), dim=-1)


class RowSoftmaxUNet(nn.Module):
    """Four-level encoder-decoder whose activations are distributions over the columns."""

    def __init__(self, cin, cout, base, levels=4):
        super().__init__()
        widths = [base * 2**i for i in range(levels + 1)]
        self.down = nn.ModuleList([Stage(a, b) for a, b in zip([cin, *widths[:-1]], widths, strict=True)])
        pairs = list(zip(widths[:0:-1], widths[-2::-1], strict=True))
        self.up = nn.ModuleList([nn.ConvTranspose2d(a, b, 2, stride=2) for a, b in pairs])
        self.fuse = nn.ModuleList([Stage(a, b) for a, b in pairs])
        self.out = nn.Conv2d(base, cout, 1)

    def forward(self, x):
        kept = []
        for i, stage in enumerate(self.down):
            x = stage(x if i == 0 else F.max_pool2d(x, 2))
            kept.append(x)
        kept.pop()
        for up, fuse in zip(self.up, self.fuse, strict=True):
            x = fuse(torch.cat([up(x), kept.pop()], dim=1))
        return self.out(x)


def get_inputs():
    return [torch.rand(1, 3, 16, 32)]


def get_init_inputs():
    return [3, 2, 4]
