# near KernelBench level 1 problem 27: the negative branch is a tanh instead of an exponential
import torch
import torch.nn as nn


class TanhTail(nn.Module):
    def __init__(self, scale=1.05, alpha=1.67):
        super().__init__()
        self.scale = scale
        self.alpha = alpha

    def forward(self, x):
        tail = self.alpha * torch.tanh(x)
        return self.scale * torch.where(x > 0, x, tail)


def get_inputs():
    return [torch.randn(16, 64)]


def get_init_inputs():
    return []
