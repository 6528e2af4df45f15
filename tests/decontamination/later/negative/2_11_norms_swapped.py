# near KernelBench level 2 problem 11, another function
import torch
import torch.nn as nn
import torch.nn.functional as F


class DecoderBlock(nn.Module):
    def __init__(self, c_in, c_out, k, pad, groups):
        super().__init__()
        self.expand = nn.ConvTranspose2d(c_in, c_out, k, padding=pad)
        self.gn = nn.GroupNorm(groups, c_out)
        self.bn = nn.BatchNorm2d(c_out)

    def forward(self, feats):
        y = self.gn(self.expand(feats))
        y = F.avg_pool2d(torch.tanh(y), 2)
        return self.bn(y)


def get_inputs():
    return [torch.randn(3, 4, 8, 8)]


def get_init_inputs():
    return [4, 8, 5, 1, 4]
