# near KernelBench level 1 problem 89: each step decays the running value, so it is a filter and not a plain sum
import torch
from torch import nn


class ExponentialAverage(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.logit = nn.Parameter(torch.linspace(0.0, 3.0, channels))

    def forward(self, series):
        keep = torch.sigmoid(self.logit)
        level = series[:, 0]
        smooth = [level]
        for t in range(1, series.shape[1]):
            level = keep * level + (1.0 - keep) * series[:, t]
            smooth.append(level)
        return torch.stack(smooth, dim=1)


def get_inputs():
    return [torch.randn(4, 40, 6)]


def get_init_inputs():
    return [6]
