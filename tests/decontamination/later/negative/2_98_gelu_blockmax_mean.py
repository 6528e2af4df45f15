# near KernelBench level 2 problem 98, another function
import torch
import torch.nn as nn
import torch.nn.functional as F


class BlockPeakMean(nn.Module):
    def __init__(self, d_in, d_out, block, gain):
        super().__init__()
        self.fc = nn.Linear(d_in, d_out)
        self.block, self.gain = block, gain

    def forward(self, x):
        h = F.gelu(self.fc(x)) * self.gain
        peaks = F.max_pool1d(h.unsqueeze(1), self.block).squeeze(1)
        return peaks.mean(dim=1)


def get_inputs():
    return [torch.randn(5, 12)]


def get_init_inputs():
    return [12, 24, 4, 2.0]
