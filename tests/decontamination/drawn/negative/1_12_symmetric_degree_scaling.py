# near KernelBench level 1 problem 12: rows and columns are scaled, with factors derived from the matrix itself
import torch
from torch import nn


class NormalisedAdjacency(nn.Module):
    def __init__(self, add_self_loops=True):
        super().__init__()
        self.add_self_loops = add_self_loops

    def forward(self, adjacency):
        if self.add_self_loops:
            adjacency = adjacency + torch.eye(adjacency.shape[-1], dtype=adjacency.dtype)
        inv_sqrt = adjacency.sum(dim=-1).rsqrt()
        return inv_sqrt.unsqueeze(-1) * adjacency * inv_sqrt.unsqueeze(-2)


def get_inputs():
    return [torch.rand(3, 30, 30)]


def get_init_inputs():
    return []
