# KernelBench level 3 problem 23, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class Expander(nn.Sequential):
    """1x1 expand, 3x3 depthwise, 1x1 project; no shortcut."""

    def __init__(self, cin, cout, stride, ratio):
        wide = cin * ratio
        super().__init__(
            nn.Conv2d(cin, wide, 1, bias=False),
            nn.BatchNorm2d(wide),
            nn.ReLU6(),
            nn.Conv2d(wide, wide, 3, stride, 1, groups=wide, bias=False),
            nn.BatchNorm2d(wide),
            nn.ReLU6(),
            nn.Conv2d(wide, cout, 1, bias=False),
            nn.BatchNorm2d(cout),
        )


class EffNetOne(nn.Module):
    def __init__(self, n_classes=1000, chans=(32, 16, 24, 40, 80, 112, 192, 320), top=1280):
        super().__init__()
        self.stem = nn.Conv2d(3, chans[0], 3, stride=2, padding=1, bias=False)
        self.stem_bn = nn.BatchNorm2d(chans[0])
        strides = (1, 2, 2, 2, 1, 2, 1)
        self.chain = nn.Sequential(*[Expander(chans[i], chans[i + 1], s, 6 if i else 1) for i, s in enumerate(strides)])
        self.top = nn.Conv2d(chans[-1], top, 1, bias=False)
        self.top_bn = nn.BatchNorm2d(top)
        self.classify = nn.Linear(top, n_classes)

    def forward(self, img):
        t = F.relu(self.stem_bn(self.stem(img)))
        t = self.chain(t)
        t = F.relu(self.top_bn(self.top(t)))
        t = F.adaptive_avg_pool2d(t, 1).flatten(1)
        return self.classify(t)


def get_inputs():
    return [torch.rand(3, 3, 80, 80)]


def get_init_inputs():
    return [10, (8, 4, 6, 8, 12, 14, 20, 24), 48]
