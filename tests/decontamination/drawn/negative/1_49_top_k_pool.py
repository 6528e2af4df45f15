# near KernelBench level 1 problem 49: mean of the k largest entries instead of the maximum
import torch
from torch import nn


class TopKPool(nn.Module):
    def __init__(self, k, axis=1):
        super().__init__()
        self.k = k
        self.axis = axis

    def forward(self, scores):
        best = scores.topk(self.k, dim=self.axis).values
        return best.mean(dim=self.axis)


def get_inputs():
    return [torch.randn(6, 30, 10)]


def get_init_inputs():
    return [5]
