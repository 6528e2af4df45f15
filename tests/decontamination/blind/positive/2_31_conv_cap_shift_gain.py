# KernelBench level 2 problem 31, rewritten
import torch
import torch.nn as nn


class ConvCapShiftGain(nn.Module):
    def __init__(self, cin, cout, k, cap, gain):
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, k)
        self.offset = nn.Parameter(torch.randn(cout))
        self.cap = cap
        self.gain = gain

    def forward(self, img):
        capped = self.conv(img).clamp(max=self.cap)
        # (min(y, cap) + offset) * gain, distributed
        return self.gain * capped + (self.gain * self.offset).view(-1, 1, 1)


def get_inputs():
    return [2 * torch.randn(2, 5, 15, 15)]


def get_init_inputs():
    return [5, 9, 3, 0.5, 2.0]
