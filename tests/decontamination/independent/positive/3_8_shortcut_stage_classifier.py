# KernelBench level 3 problem 8, inside a larger model
import torch
import torch.nn as nn


class ShortcutStage(nn.Module):
    def __init__(self, cin, cout, stride):
        super().__init__()

        def cbn(a, b, k, s):
            return nn.Sequential(nn.Conv2d(a, b, k, s, k // 2, bias=False), nn.BatchNorm2d(b))

        self.body = nn.Sequential(cbn(cin, cout, 3, stride), nn.ReLU(), cbn(cout, cout, 3, 1))
        self.skip = cbn(cin, cout, 1, stride)

    def forward(self, x):
        return torch.clamp_min(self.body(x) + self.skip(x), 0)


class Classifier(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 7, stride=2, padding=3)
        self.stage = ShortcutStage(8, 16, 2)
        self.to_logits = nn.Conv2d(16, classes, 1)

    def forward(self, img):
        x = self.stage(torch.nn.functional.elu(self.stem(img)))
        return self.to_logits(x).amax((2, 3))


def get_inputs():
    return [torch.rand(2, 3, 48, 48)]


def get_init_inputs():
    return [6]
