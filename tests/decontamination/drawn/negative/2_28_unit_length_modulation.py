# near KernelBench level 2 problem 28: unit-length rows instead of instance norm, and multiplication before addition
import torch
from torch import nn
from torch.nn import functional as F


class UnitModulation(nn.Module):
    def __init__(self, d_in, d_out):
        super().__init__()
        self.proj = nn.Linear(d_in, d_out)

    def forward(self, x, context):
        h = F.normalize(self.proj(x), dim=-1)
        return h * context + context


def get_inputs():
    return [torch.randn(9, 20), torch.randn(9, 26)]


def get_init_inputs():
    return [20, 26]
