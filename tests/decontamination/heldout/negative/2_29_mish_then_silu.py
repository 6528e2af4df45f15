# near KernelBench level 2 problem 29: the second Mish is a SiLU
import torch
import torch.nn as nn


class MishThenSiLU(nn.Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(n_in, n_out), nn.Mish(), nn.SiLU())

    def forward(self, x):
        return self.net(x)


def get_inputs():
    return [torch.randn(7, 16)]


def get_init_inputs():
    return [16, 12]
