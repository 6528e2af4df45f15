# KernelBench level 1 problem 21, rewritten
import torch
import torch.nn as nn


def logistic(t):
    # sigma(t) = (1 + tanh(t / 2)) / 2
    return 0.5 + 0.5 * torch.tanh(0.5 * t)


class Logistic(nn.Module):
    def forward(self, t):
        return logistic(t)


def get_inputs():
    return [3.0 * torch.randn(16, 512)]


def get_init_inputs():
    return []
