# near KernelBench level 2 problem 48: tanh and sigmoid have changed places
import torch
import torch.nn as nn


class SigmoidThenTanh(nn.Module):
    def __init__(self, cin, cout, k):
        super().__init__()
        self.conv = nn.Conv3d(cin, cout, k)
        self.inner = nn.Parameter(torch.randn(cout, 1, 1, 1))
        self.outer = nn.Parameter(torch.randn(cout, 1, 1, 1))

    def forward(self, x):
        gate = torch.sigmoid(self.conv(x) * self.inner)
        return torch.tanh(gate * self.outer)


def get_inputs():
    return [torch.randn(2, 3, 6, 8, 8)]


def get_init_inputs():
    return [3, 5, 3]
