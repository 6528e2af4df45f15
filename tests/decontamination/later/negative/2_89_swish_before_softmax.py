# near KernelBench level 2 problem 89, another function
import torch
import torch.nn as nn
import torch.nn.functional as F


class ChannelCompetition(nn.Module):
    def __init__(self, cin, cout, k, stride, pad, opad, pool):
        super().__init__()
        self.deconv = nn.ConvTranspose3d(cin, cout, k, stride=stride, padding=pad, output_padding=opad)
        self.margin = nn.Parameter(torch.randn(1, cout, 1, 1, 1))
        self.pool = pool

    def forward(self, v):
        v = F.silu(self.deconv(v) - self.margin)
        share = F.max_pool3d(v, self.pool).softmax(dim=1)
        return share.amax(dim=1)


def get_inputs():
    return [torch.randn(2, 3, 3, 4, 4)]


def get_init_inputs():
    return [3, 6, 3, 2, 1, 1, 2]
