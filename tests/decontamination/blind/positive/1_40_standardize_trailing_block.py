# KernelBench level 1 problem 40, rewritten
import torch
import torch.nn as nn


class TrailingStandardize(nn.Module):
    def __init__(self, block, tiny=1e-5):
        super().__init__()
        self.block = tuple(block)
        self.tiny = tiny
        self.gain = nn.Parameter(torch.ones(self.block))
        self.offset = nn.Parameter(torch.zeros(self.block))

    def forward(self, t):
        axes = tuple(range(-len(self.block), 0))
        mu = t.mean(dim=axes, keepdim=True)
        centred = t - mu
        var = (centred * centred).mean(dim=axes, keepdim=True)
        return centred / torch.sqrt(var + self.tiny) * self.gain + self.offset


def get_inputs():
    return [torch.rand(4, 6, 10, 12)]


def get_init_inputs():
    return [(6, 10, 12)]
