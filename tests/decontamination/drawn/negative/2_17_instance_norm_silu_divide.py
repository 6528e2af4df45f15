# near KernelBench level 2 problem 17: a SiLU sits between the instance norm and the division
import torch
from torch import nn


class StyledConv(nn.Module):
    def __init__(self, c_in, c_out, k, divisor=1.4142135):
        super().__init__()
        self.conv = nn.Conv2d(c_in, c_out, k, padding=k // 2)
        self.norm = nn.InstanceNorm2d(c_out, affine=True)
        self.act = nn.SiLU()
        self.divisor = divisor

    def forward(self, x):
        return self.act(self.norm(self.conv(x))) / self.divisor


def get_inputs():
    return [torch.randn(2, 4, 18, 18)]


def get_init_inputs():
    return [4, 8, 3]
