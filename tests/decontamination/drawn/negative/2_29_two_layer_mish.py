# near KernelBench level 2 problem 29: a second linear map separates the two Mish activations
import torch
from torch import nn
from torch.nn import functional as F


class TwoLayerMish(nn.Module):
    def __init__(self, d_in, d_hidden, d_out):
        super().__init__()
        self.first = nn.Linear(d_in, d_hidden)
        self.second = nn.Linear(d_hidden, d_out)

    def forward(self, x):
        return F.mish(self.second(F.mish(self.first(x))))


def get_inputs():
    return [torch.randn(8, 30)]


def get_init_inputs():
    return [30, 40, 20]
