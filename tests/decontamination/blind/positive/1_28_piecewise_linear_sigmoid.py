# KernelBench level 1 problem 28, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class HardLogistic(nn.Module):
    def __init__(self):
        super().__init__()
        self.shift = 3.0

    def forward(self, inp):
        return F.relu6(inp + self.shift) / 6.0


def get_inputs():
    return [4 * torch.randn(40, 200)]


def get_init_inputs():
    return []
