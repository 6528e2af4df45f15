# KernelBench level 1 problem 55, rewritten
import math

import torch
import torch.nn.functional as F
from torch import nn


class WideImageFilter(nn.Module):
    def __init__(self, c_in, c_out, k):
        super().__init__()
        self.filters = nn.Parameter(torch.empty(c_out, c_in, k, k))
        nn.init.kaiming_uniform_(self.filters, a=math.sqrt(5))

    def forward(self, image):
        return F.conv2d(image, self.filters)


def get_inputs():
    return [torch.randn(2, 6, 12, 24)]


def get_init_inputs():
    return [6, 8, 3]
