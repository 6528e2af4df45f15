# KernelBench level 1 problem 20, rewritten
import torch
import torch.nn as nn


class LeakyUnit(nn.Module):
    def __init__(self, leak=0.01):
        super().__init__()
        self.leak = leak

    def forward(self, inp):
        positive_part = inp.clamp(min=0.0)
        negative_part = inp.clamp(max=0.0)
        return positive_part + self.leak * negative_part


def get_inputs():
    return [torch.randn(16, 200)]


def get_init_inputs():
    return [0.01]
