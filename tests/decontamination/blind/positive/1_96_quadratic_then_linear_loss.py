# KernelBench level 1 problem 96, rewritten
import torch
import torch.nn as nn


class RobustRegressionLoss(nn.Module):
    def forward(self, estimate, truth):
        gap = torch.abs(estimate - truth)
        near = 0.5 * gap**2
        far = gap - 0.5
        return torch.where(gap < 1, near, far).mean()


def get_inputs():
    return [2 * torch.randn(40, 60), torch.rand(40, 60)]


def get_init_inputs():
    return []
