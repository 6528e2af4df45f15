# KernelBench level 1 problem 13, rewritten
import torch
from torch import nn

SIZE = 32


def random_symmetric(n: int) -> torch.Tensor:
    upper = torch.triu(torch.randn(n, n))
    return upper + torch.triu(upper, 1).t()


class SymmetricProduct(nn.Module):
    """Product of two symmetric matrices; symmetry is a property of the data only."""

    def forward(self, p: torch.Tensor, q: torch.Tensor) -> torch.Tensor:
        return torch.einsum("ik,kj->ij", p, q)


def get_inputs():
    return [random_symmetric(SIZE), random_symmetric(SIZE)]


def get_init_inputs():
    return []
