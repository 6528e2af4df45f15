# KernelBench level 1 problem 38, rewritten
import torch
from torch import nn


class MeanMagnitudeScale(nn.Module):
    def forward(self, rows):
        width = rows.shape[1]
        total = torch.linalg.vector_norm(rows, ord=1, dim=1, keepdim=True)
        return rows * (width / total)


def get_inputs():
    return [torch.randn(16, 250)]


def get_init_inputs():
    return []
