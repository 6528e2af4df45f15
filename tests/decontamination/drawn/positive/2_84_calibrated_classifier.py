# KernelBench level 2 problem 84, rewritten
import torch
from torch import nn


class CalibratedClassifier(nn.Module):
    """Linear logits, batch-normalised and sharpened by a learned inverse temperature."""

    def __init__(self, features, classes):
        super().__init__()
        self.logits = nn.Sequential(nn.Linear(features, classes), nn.BatchNorm1d(classes))
        self.inv_temperature = nn.Parameter(torch.ones(1))

    def forward(self, x):
        z = self.logits(x) * self.inv_temperature
        return z.softmax(dim=-1)


def get_inputs():
    return [torch.randn(24, 40)]


def get_init_inputs():
    return [40, 17]
