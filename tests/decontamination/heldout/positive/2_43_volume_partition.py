# KernelBench level 2 problem 43, rewritten
import torch
import torch.nn as nn


class VolumePartition(nn.Module):
    """Non-negative log-partition over the channels of a pooled volume."""

    def __init__(self, channels_in, channels_out, k=3):
        super().__init__()
        self.encode = nn.Sequential(
            nn.Conv3d(channels_in, channels_out, k, stride=1, padding=k // 2),
            nn.MaxPool3d(2),
        )

    def forward(self, volume):
        z = self.encode(volume)
        return z.logsumexp(1, keepdim=True).clamp_min(0)


def get_inputs():
    return [torch.randn(2, 3, 6, 10, 10)]


def get_init_inputs():
    return [3, 7]
