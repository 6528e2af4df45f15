# near KernelBench level 2 problem 23, another function
import torch
import torch.nn as nn


class VolumePeaks(nn.Module):
    def __init__(self, c_in, c_out, k, groups):
        super().__init__()
        self.conv = nn.Conv3d(c_in, c_out, k)
        self.gn = nn.GroupNorm(groups, c_out)

    def forward(self, clip):
        return self.gn(self.conv(clip)).flatten(1).amax(dim=1)


def get_inputs():
    return [torch.randn(3, 3, 6, 7, 7)]


def get_init_inputs():
    return [3, 8, 3, 4]
