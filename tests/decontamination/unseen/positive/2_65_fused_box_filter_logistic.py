# KernelBench level 2 problem 65, rewritten
import torch
import torch.nn.functional as F
from torch import nn


class FusedBoxFilter(nn.Module):
    def __init__(self, c_in, c_out, k, window):
        super().__init__()
        self.base = nn.Conv2d(c_in, c_out, k)
        self.window = window

    def widened(self):
        p = self.window
        w = self.base.weight
        o, i, kh, kw = w.shape
        box = w.new_full((1, 1, p, p), 1.0 / (p * p))
        wide = F.conv2d(w.reshape(o * i, 1, kh, kw), box, padding=p - 1)
        return wide.view(o, i, kh + p - 1, kw + p - 1)

    def forward(self, image):
        pooled = F.conv2d(image, self.widened(), self.base.bias, stride=self.window)
        return torch.sigmoid(pooled).flatten(1).sum(1)


def get_inputs():
    return [torch.randn(4, 3, 20, 20)]


def get_init_inputs():
    return [3, 6, 3, 4]
