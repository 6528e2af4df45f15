# KernelBench level 2 problem 73, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class ConvBatchStatsGain(nn.Module):
    """Convolution + batch norm with a constant output gain absorbed by the affine part."""

    def __init__(self, cin, cout, k, gain):
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, k)
        self.gamma = nn.Parameter(torch.ones(cout))
        self.beta = nn.Parameter(torch.zeros(cout))
        self.register_buffer("mean_avg", torch.zeros(cout))
        self.register_buffer("var_avg", torch.ones(cout))
        self.gain = gain

    def forward(self, img):
        return F.batch_norm(
            self.conv(img),
            self.mean_avg,
            self.var_avg,
            weight=self.gain * self.gamma,
            bias=self.gain * self.beta,
            training=self.training,
            momentum=0.1,
            eps=1e-5,
        )


def get_inputs():
    return [torch.rand(4, 3, 12, 12)]


def get_init_inputs():
    return [3, 8, 3, 2.0]
