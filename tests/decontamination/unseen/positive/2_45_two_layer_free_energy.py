# KernelBench level 2 problem 45, rewritten
import torch
from torch import nn


class FreeEnergyHead(nn.Module):
    def __init__(self, d_in, d_mid, d_out):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(d_in, d_mid), nn.Sigmoid(), nn.Linear(d_mid, d_out))

    def forward(self, rows):
        return self.body(rows).logsumexp(1)


def get_inputs():
    return [2 * torch.randn(16, 24)]


def get_init_inputs():
    return [24, 20, 12]
