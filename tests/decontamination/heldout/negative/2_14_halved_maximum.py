# near KernelBench level 2 problem 14: a maximum instead of the sum
import torch
import torch.nn as nn


class HalvedMaximum(nn.Module):
    def __init__(self, n_in, n_hidden, scale):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(n_hidden, n_in))
        self.scale = scale

    def forward(self, x):
        h = torch.matmul(x, self.weight.T) / 2
        top = torch.amax(h, dim=1, keepdim=True)
        return top * self.scale


def get_inputs():
    return [torch.rand(6, 16)]


def get_init_inputs():
    return [16, 20, 1.5]
