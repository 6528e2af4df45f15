# KernelBench level 1 problem 22, rewritten
import torch
import torch.nn as nn


class HyperbolicTangent(nn.Module):
    def __init__(self):
        super().__init__()

    def forward(self, z):
        # tanh(z) = sign(z) * (1 - e^{-2|z|}) / (1 + e^{-2|z|}), safe for big |z|
        decay = torch.exp(-2.0 * z.abs())
        return torch.sign(z) * (1.0 - decay) / (1.0 + decay)


def get_inputs():
    return [torch.randn(8, 300)]


def get_init_inputs():
    return []
