# KernelBench level 2 problem 78, rewritten
import torch
from torch import nn


class UpconvDoublePool(nn.Module):
    def __init__(self, c_in, c_out, k, step, trim):
        super().__init__()
        stages = [nn.ConvTranspose3d(c_in, c_out, k, stride=step, padding=trim)]
        stages += [nn.MaxPool3d(side) for side in (2, 3)]
        self.stages = nn.ModuleList(stages)

    def forward(self, vol):
        for stage in self.stages:
            vol = stage(vol)
        return vol.sum(1, keepdim=True)


def get_inputs():
    return [torch.randn(2, 4, 7, 7, 7)]


def get_init_inputs():
    return [4, 6, 5, 2, 2]
