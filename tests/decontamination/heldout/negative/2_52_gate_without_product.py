# near KernelBench level 2 problem 52: the gate is normalised by itself, it does not multiply the convolution's output
import torch
import torch.nn as nn
import torch.nn.functional as F


class NormalisedGate(nn.Module):
    def __init__(self, cin, cout, k):
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, k)
        self.bn = nn.BatchNorm2d(cout)

    def forward(self, x):
        gate = torch.tanh(F.softplus(self.conv(x)))
        return self.bn(gate)


def get_inputs():
    return [torch.randn(2, 4, 12, 12)]


def get_init_inputs():
    return [4, 6, 3]
