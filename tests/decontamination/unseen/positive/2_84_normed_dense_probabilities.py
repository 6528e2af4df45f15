# KernelBench level 2 problem 84, rewritten
import torch
import torch.nn.functional as F
from torch import nn


class NormedDenseProbabilities(nn.Module):
    def __init__(self, d_in, d_out, eps, momentum, temp_shape):
        super().__init__()
        self.temp = nn.Parameter(torch.ones(temp_shape))
        self.dense = nn.Linear(d_in, d_out)
        self.standard = nn.BatchNorm1d(d_out, eps, momentum)

    def forward(self, rows):
        logits = self.standard(self.dense(rows)) * self.temp
        return F.log_softmax(logits, dim=-1).exp()


def get_inputs():
    return [2 * torch.randn(12, 20)]


def get_init_inputs():
    return [20, 16, 1e-5, 0.1, (1,)]
