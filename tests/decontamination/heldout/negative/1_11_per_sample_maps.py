# near KernelBench level 1 problem 11: each sample has its own matrix, and a bounded gate multiplies the product
import torch
import torch.nn as nn


class PerSampleMaps(nn.Module):
    def forward(self, x, maps):
        y = torch.einsum("bijl,blk->bijk", x, maps)
        return torch.tanh(y) * torch.sigmoid(-y)


def get_inputs():
    return [torch.randn(2, 4, 5, 6), torch.randn(2, 6, 7)]


def get_init_inputs():
    return []
