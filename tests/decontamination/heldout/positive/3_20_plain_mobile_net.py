# KernelBench level 3 problem 20, rewritten
import torch
import torch.nn as nn


class Separable(nn.Sequential):
    """Expand, filter each channel, project; no skip connection."""

    def __init__(self, cin, cout, stride, factor):
        mid = cin * factor
        expand = [nn.Conv2d(cin, mid, 1, bias=False), nn.BatchNorm2d(mid), nn.ReLU6()] if factor > 1 else []
        super().__init__(
            *expand,
            nn.Conv2d(mid, mid, 3, stride, 1, groups=mid, bias=False),
            nn.BatchNorm2d(mid),
            nn.ReLU6(),
            nn.Conv2d(mid, cout, 1, bias=False),
            nn.BatchNorm2d(cout),
        )


class PlainMobileNet(nn.Module):
    def __init__(self, classes):
        super().__init__()
        widths, repeats, strides = (2, 3, 4, 8, 12, 20, 40), (1, 2, 3, 4, 3, 3, 1), (1, 2, 2, 2, 1, 2, 1)
        layers = [nn.Conv2d(3, 4, 3, 2, 1, bias=False), nn.BatchNorm2d(4), nn.ReLU6()]
        c = 4
        for stage, (width, n, s) in enumerate(zip(widths, repeats, strides, strict=True)):
            for i in range(n):
                layers.append(Separable(c, width, s if i == 0 else 1, 6 if stage else 1))
                c = width
        layers += [nn.Conv2d(c, 64, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU6()]
        self.trunk = nn.Sequential(*layers)
        self.fc = nn.Linear(64, classes)

    def forward(self, x):
        feats = self.trunk(x).flatten(2).mean(-1)
        return self.fc(feats)


def get_inputs():
    return [torch.rand(1, 3, 64, 64)]


def get_init_inputs():
    return [10]
