# KernelBench level 1 problem 73, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class VolumeDeconv(nn.Module):
    def __init__(self, c_in, c_out, edge, stride=1, padding=0, groups=1):
        super().__init__()
        self.stride = stride
        self.padding = padding
        self.groups = groups
        self.kernel = nn.Parameter(torch.empty(c_in, c_out // groups, edge, edge, edge))
        nn.init.xavier_uniform_(self.kernel)

    def forward(self, vol):
        return F.conv_transpose3d(vol, self.kernel, stride=self.stride, padding=self.padding, groups=self.groups)


def get_inputs():
    return [torch.rand(2, 4, 5, 6, 8)]


def get_init_inputs():
    return [4, 6, 3, 2, 1]
