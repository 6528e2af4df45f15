# KernelBench level 1 problem 29, rewritten
import torch
import torch.nn as nn


class SmoothRectifier(nn.Module):
    """log(1 + e^z) written so that it never overflows."""

    def forward(self, z):
        tail = torch.log1p(torch.exp(-z.abs()))
        return z.clamp_min(0.0) + tail


def get_inputs():
    return [torch.randn(64, 128) * 5]


def get_init_inputs():
    return []
