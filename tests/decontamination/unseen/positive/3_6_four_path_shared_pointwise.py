# KernelBench level 3 problem 6, rewritten
import torch
import torch.nn.functional as F
from torch import nn


class FourPathMixer(nn.Module):
    def __init__(self, c_in, direct, mid3, out3, mid5, out5, pooled):
        super().__init__()
        self.widths = (direct, mid3, mid5)
        self.shared = nn.Conv2d(c_in, sum(self.widths), 1)
        self.near = nn.Conv2d(mid3, out3, 3, padding="same")
        self.far = nn.Conv2d(mid5, out5, 5, padding="same")
        self.after_pool = nn.Conv2d(c_in, pooled, 1)

    def forward(self, image):
        a, b, c = self.shared(image).split(self.widths, dim=1)
        d = self.after_pool(F.max_pool2d(image, 3, 1, 1))
        return torch.cat((a, self.near(b), self.far(c), d), dim=1)


def get_inputs():
    return [torch.randn(2, 12, 10, 10)]


def get_init_inputs():
    return [12, 8, 5, 9, 3, 6, 4]
