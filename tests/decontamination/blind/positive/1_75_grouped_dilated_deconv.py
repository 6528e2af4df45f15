# KernelBench level 1 problem 75, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class GroupedDeconv(nn.Module):
    """One small transposed convolution per channel group, results stacked."""

    def __init__(self, c_in, c_out, kernel, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1):
        super().__init__()
        self.n_groups = groups
        self.geometry = {"stride": stride, "padding": padding, "dilation": dilation}
        self.kernels = nn.ParameterList(
            nn.Parameter(0.2 * torch.randn(c_in // groups, c_out // groups, *kernel)) for _ in range(groups)
        )

    def forward(self, fmap):
        parts = fmap.chunk(self.n_groups, dim=1)
        done = [F.conv_transpose2d(p, k, **self.geometry) for p, k in zip(parts, self.kernels, strict=False)]
        return torch.cat(done, dim=1)


def get_inputs():
    return [torch.rand(2, 8, 10, 13)]


def get_init_inputs():
    return [8, 12, (3, 5), (2, 3), (1, 2), (2, 1), 4]
