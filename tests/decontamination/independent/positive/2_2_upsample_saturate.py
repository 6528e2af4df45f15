# KernelBench level 2 problem 2, rewritten
import torch
import torch.nn as nn


class SaturatingUpsampler(nn.Module):
    def __init__(self, cin, cout, gain):
        super().__init__()
        self.up = nn.ConvTranspose2d(cin, cout, 3, 2, 1, 1)
        self.offset = nn.Parameter(torch.randn(cout))
        self.gain = gain

    def _unit(self, t):
        return torch.minimum(torch.maximum(t, t.new_zeros(())), t.new_ones(()))

    def forward(self, frame):
        out = self.up(frame)
        out = self._unit(out + self.offset[None, :, None, None])
        return self._unit(self.gain * out) * (1.0 / self.gain)


def get_inputs():
    return [torch.rand(4, 6, 12, 12)]


def get_init_inputs():
    return [6, 8, 1.6]
