# KernelBench level 3 problem 5, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class EightLayerNet(nn.Module):
    """Five conv layers and three dense ones (the 2012 ImageNet network, no LRN)."""

    # (kernel, stride, padding, followed by 3x3/2 max pooling?)
    GEOMETRY = ((11, 4, 2, True), (5, 1, 2, True), (3, 1, 1, False), (3, 1, 1, False), (3, 1, 1, True))

    def __init__(self, n_classes=1000, widths=(96, 256, 384, 384, 256), hidden=4096, drop=0.0):
        super().__init__()
        self.convs = nn.ModuleList()
        prev = 3
        for width, (k, s, p, _) in zip(widths, self.GEOMETRY, strict=False):
            self.convs.append(nn.Conv2d(prev, width, k, stride=s, padding=p))
            prev = width
        self.dense = nn.ModuleList(
            [
                nn.Linear(prev * 36, hidden),
                nn.Linear(hidden, hidden),
            ]
        )
        self.logits = nn.Linear(hidden, n_classes)
        self.drop = drop

    def forward(self, images):
        t = images
        for conv, (_, _, _, pooled) in zip(self.convs, self.GEOMETRY, strict=False):
            t = conv(t).relu()
            if pooled:
                t = F.max_pool2d(t, 3, 2)
        t = t.reshape(t.shape[0], -1)
        for layer in self.dense:
            t = F.dropout(F.relu(layer(t)), self.drop, self.training)
        return self.logits(t)


def get_inputs():
    return [torch.rand(2, 3, 224, 224)]


def get_init_inputs():
    return [10, (8, 12, 16, 16, 12), 48]
