# KernelBench level 1 problem 11, rewritten
import torch
from torch import nn


class LastAxisProjection(nn.Module):
    def forward(self, block, table):
        lead = block.shape[:-1]
        flat = block.reshape(-1, block.shape[-1])
        return torch.mm(flat, table).reshape(*lead, table.shape[1])


def get_inputs():
    return [torch.randn(2, 5, 6, 16), torch.randn(16, 11)]


def get_init_inputs():
    return []
