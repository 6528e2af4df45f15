# KernelBench level 3 problem 15, rewritten
import torch
from torch import nn


class GrowLayer(nn.Module):
    """Adds `growth` new maps to the ones it was given."""

    def __init__(self, c_in, growth):
        super().__init__()
        self.bn = nn.BatchNorm2d(c_in)
        self.conv = nn.Conv2d(c_in, growth, 3, padding=1, bias=False)

    def forward(self, x):
        return torch.cat([x, self.conv(self.bn(x).relu())], dim=1)


def squeeze_stage(c_in, c_out):
    return nn.Sequential(nn.BatchNorm2d(c_in), nn.ReLU(), nn.Conv2d(c_in, c_out, 1, bias=False), nn.AvgPool2d(2))


class DenseClassifier(nn.Module):
    def __init__(self, classes, growth=12, blocks=(6, 12, 24, 16), stem=64):
        super().__init__()
        body = [
            nn.Conv2d(3, stem, 7, stride=2, padding=3, bias=False),
            nn.BatchNorm2d(stem),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2, padding=1),
        ]
        c = stem
        for stage, n_layers in enumerate(blocks):
            if stage:
                body.append(squeeze_stage(c, c // 2))
                c //= 2
            for _ in range(n_layers):
                body.append(GrowLayer(c, growth))
                c += growth
        body += [nn.BatchNorm2d(c), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
        self.body = nn.Sequential(*body)
        self.head = nn.Linear(c, classes)

    def forward(self, images):
        return self.head(self.body(images))


def get_inputs():
    return [torch.rand(2, 3, 64, 64)]


def get_init_inputs():
    return [10, 8, (3, 6, 12, 8), 16]
