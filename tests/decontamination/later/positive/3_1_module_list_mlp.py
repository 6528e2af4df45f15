# KernelBench level 3 problem 1, rewritten
import itertools

import torch
import torch.nn as nn
import torch.nn.functional as F


class FeedForward(nn.Module):
    def __init__(self, d_in, hidden, d_out):
        super().__init__()
        widths = [d_in, *hidden]
        self.hidden = nn.ModuleList(nn.Linear(a, b) for a, b in itertools.pairwise(widths))
        self.readout = nn.Linear(widths[-1], d_out)

    def forward(self, x):
        for fc in self.hidden:
            x = F.relu(fc(x))
        return self.readout(x)


def get_inputs():
    return [torch.rand(4, 20)]


def get_init_inputs():
    return [20, [24, 16], 10]
