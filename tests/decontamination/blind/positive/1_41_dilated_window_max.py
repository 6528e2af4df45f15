# KernelBench level 1 problem 41, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class DilatedWindowMax(nn.Module):
    """1-D max pooling with stride, padding and dilation, by shifted views."""

    def __init__(self, window, hop=None, margin=0, spread=1):
        super().__init__()
        self.window = window
        self.hop = window if hop is None else hop
        self.margin = margin
        self.spread = spread

    def forward(self, seq):
        seq = F.pad(seq, (self.margin, self.margin), value=float("-inf"))
        reach = self.spread * (self.window - 1) + 1
        count = (seq.shape[-1] - reach) // self.hop + 1
        best = None
        for tap in range(self.window):
            begin = tap * self.spread
            view = seq[..., begin : begin + (count - 1) * self.hop + 1 : self.hop]
            best = view if best is None else torch.maximum(best, view)
        return best


def get_inputs():
    return [torch.rand(3, 8, 120)]


def get_init_inputs():
    return [6, 1, 3, 3]
