# KernelBench level 2 problem 80, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class PeakMinusMean(nn.Module):
    def __init__(self, d_in, d_out):
        super().__init__()
        self.affine = nn.Linear(d_in, d_out)

    def forward(self, x):
        peak = self.affine(x).amax(1, keepdim=True)
        average = torch.mean(peak, 1, keepdim=True)
        return F.gelu(peak - average)


def get_inputs():
    return [torch.randn(6, 11)]


def get_init_inputs():
    return [11, 19]
