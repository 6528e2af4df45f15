# KernelBench level 2 problem 98, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class BlockMeanPeak(nn.Module):
    def __init__(self, d_in, d_out, block, gain):
        super().__init__()
        self.fc = nn.Linear(d_in, d_out)
        self.block, self.gain = block, gain

    def forward(self, x):
        h = self.fc(x)
        blocks = h.size(1) // self.block
        h = h[:, : blocks * self.block].unflatten(1, (blocks, self.block)).mean(2)
        return (F.gelu(h) * self.gain).amax(1)


def get_inputs():
    return [torch.randn(5, 12)]


def get_init_inputs():
    return [12, 24, 4, 2.0]
