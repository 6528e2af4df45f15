# KernelBench level 1 problem 43, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class VolumeMaxPool(nn.Module):
    def __init__(self, k, s=None, p=0, d=1):
        super().__init__()
        self.options = {"kernel_size": k, "stride": s if s is not None else k, "padding": p, "dilation": d}

    def forward(self, volume):
        return F.max_pool3d(volume, **self.options)


def get_inputs():
    return [torch.randn(2, 3, 12, 12, 12)]


def get_init_inputs():
    return [3, 2, 1, 3]
