# KernelBench level 2 problem 99, rewritten
import torch
import torch.nn as nn


class TransposedProbabilities(nn.Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        augmented = torch.randn(n_out, n_in + 1) / n_in**0.5
        self.augmented = nn.Parameter(augmented)  # last column holds the bias

    def forward(self, rows):
        ones = torch.ones(rows.size(0), 1, dtype=rows.dtype)
        z = torch.einsum("oi,bi->ob", self.augmented, torch.cat([rows, ones], dim=1))
        z = z * torch.special.ndtr(z)
        weights = torch.exp(z - z.max())
        return (weights / weights.sum(0)).transpose(0, 1)


def get_inputs():
    return [torch.randn(24, 40)]


def get_init_inputs():
    return [40, 56]
