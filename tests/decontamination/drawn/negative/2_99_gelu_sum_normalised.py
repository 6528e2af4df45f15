# near KernelBench level 2 problem 99: magnitudes are divided by their sum instead of passing a softmax
import torch
from torch import nn
from torch.nn import functional as F


class GeluAttribution(nn.Module):
    def __init__(self, d_in, d_out, eps=1e-6):
        super().__init__()
        self.fc = nn.Linear(d_in, d_out)
        self.eps = eps

    def forward(self, x):
        strength = F.gelu(self.fc(x)).abs()
        return strength / (strength.sum(dim=1, keepdim=True) + self.eps)


def get_inputs():
    return [torch.randn(14, 22)]


def get_init_inputs():
    return [22, 30]
