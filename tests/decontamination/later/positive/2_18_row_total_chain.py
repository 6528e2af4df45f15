# KernelBench level 2 problem 18, rewritten
import torch
import torch.nn as nn


class RowTotal(nn.Module):
    def __init__(self, d_in, d_out):
        super().__init__()
        self.w = nn.Parameter(torch.randn(d_in, d_out) / d_in**0.5)
        self.b = nn.Parameter(torch.zeros(d_out))

    def forward(self, rows):
        total = torch.addmm(self.b, rows, self.w).sum(1)[:, None]
        top = total.amax(1, keepdim=True)
        avg = top.mean(-1, keepdim=True)
        for _ in range(2):
            avg = avg.logsumexp(1, keepdim=True)
        return avg


def get_inputs():
    return [torch.randn(6, 20)]


def get_init_inputs():
    return [20, 12]
