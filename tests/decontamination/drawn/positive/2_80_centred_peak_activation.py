# KernelBench level 2 problem 80, rewritten
import torch
from torch import nn
from torch.nn import functional as F


class CentredPeak(nn.Module):
    """Largest unit of a dense layer, centred over its own axis, through GELU."""

    def __init__(self, d_in, d_out, axis=1):
        super().__init__()
        self.dense = nn.Linear(d_in, d_out)
        self.axis = axis

    def forward(self, x):
        peak = self.dense(x).amax(self.axis, keepdim=True)
        centred = peak - torch.mean(peak, 1, keepdim=True)
        return F.gelu(centred)


def get_inputs():
    return [torch.randn(14, 30)]


def get_init_inputs():
    return [30, 20, 1]
