# KernelBench level 2 problem 84, rewritten
import torch
import torch.nn as nn


class TemperedClassifier(nn.Module):
    def __init__(self, n_features, n_classes):
        super().__init__()
        self.body = nn.Sequential()
        self.body.add_module("dense", nn.Linear(n_features, n_classes))
        self.body.add_module("norm", nn.BatchNorm1d(n_classes))
        self.temperature = nn.Parameter(torch.tensor(1.0))

    def forward(self, x):
        score = self.body(x) * self.temperature
        return (score - score.logsumexp(dim=-1, keepdim=True)).exp()


def get_inputs():
    return [torch.randn(32, 48)]


def get_init_inputs():
    return [48, 24]
