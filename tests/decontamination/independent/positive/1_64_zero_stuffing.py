# KernelBench level 1 problem 64, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class UpsamplingFilter(nn.Module):
    """Insert zeros between samples, pad, then slide the mirrored kernel."""

    def __init__(self, c_in, c_out, taps, step):
        super().__init__()
        self.taps, self.step = taps, step
        self.kernel = nn.Parameter(torch.randn(c_in, c_out, taps) / taps)

    def forward(self, sig):
        b, c, n = sig.shape
        stuffed = sig.new_zeros(b, c, (n - 1) * self.step + 1)
        stuffed[:, :, :: self.step] = sig
        edge = self.taps - 1
        stuffed = F.pad(stuffed, (edge, edge))
        mirrored = torch.flip(self.kernel, dims=[2]).permute(1, 0, 2)
        return F.conv1d(stuffed, mirrored)


def get_inputs():
    return [torch.randn(4, 6, 60)]


def get_init_inputs():
    return [6, 10, 5, 2]
