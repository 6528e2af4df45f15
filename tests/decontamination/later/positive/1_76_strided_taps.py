# KernelBench level 1 problem 76, rewritten
import torch
import torch.nn as nn


class DilatedSignalFilter(nn.Module):
    def __init__(self, c_in, c_out, taps, step, spread):
        super().__init__()
        self.taps, self.step, self.spread = taps, step, spread
        self.kernel = nn.Parameter(torch.randn(c_out, c_in, taps) / (c_in * taps) ** 0.5)

    def forward(self, signal):
        reach = self.spread * (self.taps - 1) + 1
        frames = signal.unfold(2, reach, self.step)[..., :: self.spread]
        return torch.einsum("bitk,oik->bot", frames, self.kernel)


def get_inputs():
    return [torch.randn(3, 4, 50)]


def get_init_inputs():
    return [4, 6, 3, 3, 4]
