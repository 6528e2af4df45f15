# KernelBench level 1 problem 26, rewritten
import math

import torch
import torch.nn as nn


def normal_cdf(t):
    return 0.5 * (1.0 + torch.erf(t / math.sqrt(2.0)))


class GaussianGate(nn.Module):
    def forward(self, t):
        return t * normal_cdf(t)


def get_inputs():
    return [torch.randn(32, 128)]


def get_init_inputs():
    return []
