# KernelBench level 3 problem 24, rewritten
import torch
from torch import nn


def conv_bn_relu(c_in, c_out, k, stride=1, groups=1):
    return [
        nn.Conv2d(c_in, c_out, k, stride, k // 2, groups=groups, bias=False),
        nn.BatchNorm2d(c_out),
        nn.ReLU(),
    ]


class InvertedStage(nn.Module):
    """Expand, depthwise, squeeze-and-excite, project.

    Here the excitation replaces the feature map instead of multiplying it, so the output has 1 x 1 resolution.
    """

    def __init__(self, c_in, c_out, stride, expand):
        super().__init__()
        c = c_in * expand
        layers = conv_bn_relu(c_in, c, 1) if expand > 1 else []
        layers += conv_bn_relu(c, c, 3, stride, groups=c)
        self.features = nn.Sequential(*layers)
        self.squeeze = nn.Conv2d(c, c // 4, 1, bias=False)
        self.excite = nn.Conv2d(c // 4, c, 1, bias=False)
        self.project = nn.Conv2d(c, c_out, 1, bias=False)
        self.project_bn = nn.BatchNorm2d(c_out)

    def forward(self, x):
        pooled = self.features(x).mean((2, 3), keepdim=True)
        gate = torch.sigmoid(self.excite(torch.relu(self.squeeze(pooled))))
        return self.project_bn(self.project(gate))


class SmallEfficientNet(nn.Module):
    # output width multiple, stride, expansion
    STAGES = ((12, 1, 3), (18, 2, 6), (24, 2, 6), (36, 2, 6), (48, 1, 6))

    def __init__(self, classes, unit=2, stem=8, top=64):
        super().__init__()
        layers = conv_bn_relu(3, stem, 3, 2)
        c = stem
        for mult, stride, expand in self.STAGES:
            layers.append(InvertedStage(c, unit * mult, stride, expand))
            c = unit * mult
        layers += conv_bn_relu(c, top, 1)
        self.body = nn.Sequential(*layers)
        self.classifier = nn.Linear(top, classes)

    def forward(self, images):
        maps = self.body(images)
        return self.classifier(maps.mean(dim=(2, 3)))


def get_inputs():
    return [torch.rand(4, 3, 48, 48)]


def get_init_inputs():
    return [10]
