# KernelBench level 1 problem 24, rewritten
import torch
import torch.nn as nn


class LogProbs(nn.Module):
    def __init__(self, axis=1):
        super().__init__()
        self.axis = axis

    def forward(self, logits):
        peak = logits.amax(dim=self.axis, keepdim=True)
        shifted = logits - peak
        log_z = shifted.exp().sum(dim=self.axis, keepdim=True).log()
        return shifted - log_z


def get_inputs():
    return [torch.randn(24, 400)]


def get_init_inputs():
    return []
