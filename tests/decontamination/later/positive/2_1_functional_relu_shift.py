# KernelBench level 2 problem 1, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class ConvReluShift(nn.Module):
    def __init__(self, c_in, c_out, k):
        super().__init__()
        self.shift = nn.Parameter(torch.zeros(c_out, 1, 1).normal_())
        self.filt = nn.Conv2d(c_in, c_out, k)

    def forward(self, img):
        return F.relu(self.filt(img)) + self.shift


def get_inputs():
    return [torch.rand(2, 3, 10, 10)]


def get_init_inputs():
    return [3, 8, 3]
