# KernelBench level 1 problem 46, rewritten
import torch
from torch import nn
from torch.nn import functional as F


class VolumePool(nn.Module):
    """Mean over cubic neighbourhoods; zero padding counts towards the mean."""

    def __init__(self, window, step, pad):
        super().__init__()
        self.cfg = {"kernel_size": window, "stride": step, "padding": pad}

    def forward(self, vol):
        return F.avg_pool3d(vol, **self.cfg)


def get_inputs():
    return [torch.rand(2, 4, 12, 16, 20)]


def get_init_inputs():
    return [3, 2, 1]
