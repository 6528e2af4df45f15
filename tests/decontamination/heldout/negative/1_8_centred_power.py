# near KernelBench level 1 problem 8: the product is rectified, squared and centred over the rows
import torch
from torch import nn


class CentredPower(nn.Module):
    def forward(self, a, b):
        power = (a @ b).relu().square()
        return power - power.mean(dim=0, keepdim=True)


def get_inputs():
    return [torch.randn(13, 29), torch.randn(29, 17)]


def get_init_inputs():
    return []
