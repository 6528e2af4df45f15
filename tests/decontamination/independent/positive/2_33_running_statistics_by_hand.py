# KernelBench level 2 problem 33, rewritten
import torch
import torch.nn as nn


class CalibratedLinear(nn.Module):
    """A projection with one gain per unit, calibrated by statistics gathered beforehand."""

    def __init__(self, n_in, n_out, eps=1e-5):
        super().__init__()
        self.w = nn.Parameter(torch.randn(n_out, n_in) * 0.1)
        self.b = nn.Parameter(torch.randn(n_out))
        self.gain = nn.Parameter(torch.rand(n_out) + 0.5)
        self.gamma = nn.Parameter(torch.ones(n_out))
        self.beta = nn.Parameter(torch.zeros(n_out))
        self.register_buffer("seen_mean", torch.zeros(n_out))
        self.register_buffer("seen_var", torch.ones(n_out))
        self.eps = eps

    def forward(self, x):
        h = (x @ self.w.t() + self.b) * self.gain
        inv_std = (self.seen_var + self.eps).pow(-0.5)
        return self.gamma * (h - self.seen_mean) * inv_std + self.beta


def get_inputs():
    return [torch.rand(16, 30)]


def get_init_inputs():
    return [30, 45]
