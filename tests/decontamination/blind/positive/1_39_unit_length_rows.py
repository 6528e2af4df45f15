# KernelBench level 1 problem 39, rewritten
import torch
import torch.nn as nn


class UnitLength(nn.Module):
    """Scale along axis 1 to Euclidean length one."""

    def __init__(self, axis=1):
        super().__init__()
        self.axis = axis

    def forward(self, vecs):
        energy = vecs.square().sum(self.axis, keepdim=True)
        return vecs * energy.rsqrt()


def get_inputs():
    return [torch.randn(30, 257)]


def get_init_inputs():
    return []
