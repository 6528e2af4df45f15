# KernelBench level 1 problem 69, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class FoldDeconv(nn.Module):
    """Transposed 2-D convolution: every pixel stamps a kernel, stamps are summed by fold."""

    def __init__(self, c_in, c_out, kernel, stride=(1, 1), padding=(0, 0)):
        super().__init__()
        self.kernel = kernel
        self.stride = stride
        self.padding = padding
        self.stamp = nn.Parameter(0.1 * torch.randn(c_in, c_out, *kernel))

    def forward(self, fmap):
        h, w = fmap.shape[-2:]
        out_size = tuple(
            (size - 1) * s - 2 * p + k
            for size, s, p, k in zip((h, w), self.stride, self.padding, self.kernel, strict=False)
        )
        cols = self.stamp.flatten(1).t() @ fmap.flatten(2)
        return F.fold(cols, out_size, self.kernel, padding=self.padding, stride=self.stride)


def get_inputs():
    return [torch.rand(2, 5, 9, 14)]


def get_init_inputs():
    return [5, 8, (3, 5)]
