# KernelBench level 2 problem 28, rewritten
import torch
import torch.nn as nn


class ProjectNormalizeMix(nn.Module):
    def __init__(self, d_in, d_out, eps=1e-5):
        super().__init__()
        self.project = nn.Linear(d_in, d_out)
        self.eps = eps

    def forward(self, a, b):
        h = self.project(a)
        mu = h.mean(dim=1, keepdim=True)
        sigma = ((h - mu) ** 2).mean(dim=1, keepdim=True).add(self.eps).sqrt()
        h = (h - mu) / sigma
        return b * (h + b)


def get_inputs():
    return [torch.randn(5, 12), torch.randn(5, 16)]


def get_init_inputs():
    return [12, 16]
