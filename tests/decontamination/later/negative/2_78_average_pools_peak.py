# near KernelBench level 2 problem 78, another function
import torch
import torch.nn as nn
import torch.nn.functional as F


class UpAverageCollapse(nn.Module):
    def __init__(self, n_in, n_out, k, stride, pad):
        super().__init__()
        self.deconv = nn.ConvTranspose3d(n_in, n_out, k, stride=stride, padding=pad)

    def forward(self, v):
        v = F.avg_pool3d(self.deconv(v), 2)
        v = F.avg_pool3d(v, 3)
        return v.amax(1, keepdim=True)


def get_inputs():
    return [torch.randn(2, 3, 7, 7, 7)]


def get_init_inputs():
    return [3, 5, 5, 2, 2]
