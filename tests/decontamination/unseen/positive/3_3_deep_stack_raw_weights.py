# KernelBench level 3 problem 3, rewritten
import torch
import torch.nn.functional as F
from torch import nn


class DeepStack(nn.Module):
    def __init__(self, d_in, widths, d_out):
        super().__init__()
        self.params = nn.ParameterList()
        fan = d_in
        for size in [*list(widths), d_out]:
            w = nn.Parameter(torch.randn(size, fan) * (2.0 / fan) ** 0.5)
            self.params.extend([w, nn.Parameter(torch.zeros(size))])
            fan = size

    def forward(self, h):
        pairs = len(self.params) // 2
        for n in range(pairs):
            w, b = self.params[2 * n], self.params[2 * n + 1]
            h = F.linear(h, w, b)
            if n + 1 < pairs:
                h = h.clamp(min=0)
        return h


def get_inputs():
    return [torch.randn(8, 32)]


def get_init_inputs():
    return [32, [24] * 16, 16]
