# KernelBench level 1 problem 14, rewritten
import torch
from torch import nn


class UpperProduct(nn.Module):
    def forward(self, left, right):
        n = left.shape[0]
        idx = torch.arange(n, device=left.device)
        keep = idx[:, None] <= idx[None, :]
        full = torch.einsum("ik,kj->ij", left, right)
        return torch.where(keep, full, torch.zeros_like(full))


def get_inputs():
    return [torch.triu(torch.randn(96, 96)), torch.triu(torch.randn(96, 96))]


def get_init_inputs():
    return []
