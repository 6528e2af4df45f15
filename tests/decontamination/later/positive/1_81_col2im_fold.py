# KernelBench level 1 problem 81, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class FoldDeconv(nn.Module):
    """Each input pixel paints a weighted kernel onto the output canvas."""

    def __init__(self, n_in, n_out, k, stride, pad, dilation):
        super().__init__()
        self.k = k
        self.stride = stride
        self.pad = pad
        self.dilation = dilation
        self.brush = nn.Parameter(torch.randn(n_in, n_out, k, k) * 0.1)

    def canvas(self, n):
        return (n - 1) * self.stride - 2 * self.pad + self.dilation * (self.k - 1) + 1

    def forward(self, x):
        h, w = x.shape[-2:]
        strokes = self.brush.flatten(1).t() @ x.flatten(2)
        return F.fold(
            strokes,
            output_size=(self.canvas(h), self.canvas(w)),
            kernel_size=self.k,
            dilation=self.dilation,
            padding=self.pad,
            stride=self.stride,
        )


def get_inputs():
    return [torch.randn(2, 4, 6, 8)]


def get_init_inputs():
    return [4, 5, 3, 5, 1, 2]
