# KernelBench level 2 problem 32, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class DarkChannel(nn.Module):
    def __init__(self, c_in, c_out, k, factor):
        super().__init__()
        self.bank = nn.Parameter(torch.randn(c_out, c_in, k, k) * 0.2)
        self.level = nn.Parameter(torch.randn(c_out) * 0.2)
        self.factor = factor

    def forward(self, image):
        # the convolution is linear, so the factor may go to its weights
        resp = F.conv2d(image, self.factor * self.bank, self.factor * self.level)
        return resp.amin(dim=1, keepdim=True)


def get_inputs():
    return [torch.rand(2, 3, 12, 12)]


def get_init_inputs():
    return [3, 6, 3, 2.0]
