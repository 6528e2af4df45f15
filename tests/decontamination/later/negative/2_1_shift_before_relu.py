# near KernelBench level 2 problem 1, another function
import torch
import torch.nn as nn
import torch.nn.functional as F


class ShiftedConvRelu(nn.Module):
    def __init__(self, c_in, c_out, k):
        super().__init__()
        self.filt = nn.Conv2d(c_in, c_out, k)
        self.shift = nn.Parameter(torch.randn(c_out, 1, 1))

    def forward(self, img):
        return F.relu(self.filt(img) + self.shift)


def get_inputs():
    return [torch.rand(2, 3, 10, 10)]


def get_init_inputs():
    return [3, 8, 3]
