# KernelBench level 2 problem 9, rewritten
import torch
import torch.nn as nn


class Scorer(nn.Module):
    def __init__(self, n_in, n_out, cutoff=0.3, slope=1.7):
        super().__init__()
        self.weights = nn.Parameter(torch.randn(n_in, n_out) / n_in**0.5)
        self.intercept = nn.Parameter(torch.zeros(n_out))
        self.cutoff = cutoff
        self.slope = slope

    def forward(self, rows):
        raw = torch.addmm(self.intercept, rows, self.weights)
        excess = raw.sub(self.cutoff).mul(self.slope)
        return torch.maximum(excess, torch.zeros_like(excess))


def get_inputs():
    return [torch.randn(64, 50)]


def get_init_inputs():
    return [50, 70]
