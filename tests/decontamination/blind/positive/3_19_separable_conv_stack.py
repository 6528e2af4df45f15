# KernelBench level 3 problem 19, rewritten
import torch
import torch.nn as nn


def conv_norm_act(cin, cout, k, stride=1, groups=1):
    return [
        nn.Conv2d(cin, cout, k, stride=stride, padding=k // 2, groups=groups, bias=False),
        nn.BatchNorm2d(cout),
        nn.ReLU(),
    ]


class SeparableConvNet(nn.Module):
    """MobileNet v1: a strided stem, 13 depthwise-separable layers, 7x7 mean, classifier."""

    PLAN = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)] + [(512, 1)] * 5 + [(1024, 2), (1024, 1)]

    def __init__(self, n_classes=1000, in_ch=3, width=1.0):
        super().__init__()
        ch = int(32 * width)
        ops = conv_norm_act(in_ch, ch, 3, stride=2)
        for base, stride in self.PLAN:
            nxt = int(base * width)
            ops += conv_norm_act(ch, ch, 3, stride=stride, groups=ch)
            ops += conv_norm_act(ch, nxt, 1)
            ch = nxt
        self.features = nn.Sequential(*ops)
        self.pool = nn.AvgPool2d(7)
        self.classifier = nn.Linear(ch, n_classes)

    def forward(self, img):
        return self.classifier(self.pool(self.features(img)).flatten(1))


def get_inputs():
    return [torch.rand(2, 3, 224, 224)]


def get_init_inputs():
    return [10, 3, 0.125]
