# KernelBench level 1 problem 96, rewritten
import torch
from torch import nn


class RobustResidual(nn.Module):
    def forward(self, guess, truth):
        gap = (guess - truth).abs()
        capped = gap.clamp(max=1.0)
        return (0.5 * capped * capped + (gap - capped)).mean()


def get_inputs():
    return [2 * torch.randn(16, 64), torch.randn(16, 64)]


def get_init_inputs():
    return []
