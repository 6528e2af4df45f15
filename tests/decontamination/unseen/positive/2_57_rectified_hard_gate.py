# KernelBench level 2 problem 57, rewritten
import torch
import torch.nn.functional as F
from torch import nn


class RectifiedHardGate(nn.Module):
    def __init__(self, c_in, c_out, k):
        super().__init__()
        self.filter = nn.Conv2d(c_in, c_out, k)

    def forward(self, image):
        return F.hardswish(self.filter(image).clamp_min(0.0))


def get_inputs():
    return [3 * torch.randn(2, 4, 12, 12)]


def get_init_inputs():
    return [4, 8, 3]
