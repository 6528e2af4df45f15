# near KernelBench level 1 problem 42: dense maximum followed by a strided binomial blur
import torch
from torch import nn
from torch.nn import functional as F


class BlurredMaxPool(nn.Module):
    def __init__(self, channels):
        super().__init__()
        taps = torch.tensor([1.0, 2.0, 1.0])
        kernel = torch.outer(taps, taps) / 16.0
        self.register_buffer("kernel", kernel.expand(channels, 1, 3, 3).contiguous())

    def forward(self, x):
        x = F.max_pool2d(x, kernel_size=2, stride=1)
        x = F.pad(x, (1, 1, 1, 1), mode="reflect")
        return F.conv2d(x, self.kernel, stride=2, groups=x.shape[1])


def get_inputs():
    return [torch.rand(2, 6, 21, 21)]


def get_init_inputs():
    return [6]
