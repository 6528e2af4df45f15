# KernelBench level 2 problem 89, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class ChannelCompetition(nn.Module):
    def __init__(self, cin, cout, k, stride, pad, opad, pk, ps, pp):
        super().__init__()
        self.body = nn.Sequential(
            nn.ConvTranspose3d(cin, cout, k, stride=stride, padding=pad, output_padding=opad),
            nn.MaxPool3d(pk, stride=ps, padding=pp),
            nn.Softmax(dim=1),
        )
        self.margin = nn.Parameter(torch.randn(1, cout, 1, 1, 1))

    def forward(self, v):
        share = self.body(v) - self.margin
        return F.silu(share).amax(dim=1)


def get_inputs():
    return [torch.randn(2, 3, 3, 4, 4)]


def get_init_inputs():
    return [3, 6, 3, 2, 1, 1, 2, 2, 0]
