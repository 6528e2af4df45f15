# KernelBench level 2 problem 13, rewritten
import torch
import torch.nn as nn


class DepthCollapse(nn.Module):
    def forward(self, vol):
        return torch.mean(vol, 2, True)


class ChannelBias(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.value = nn.Parameter(torch.randn(channels))

    def forward(self, vol):
        return vol + self.value.view(1, -1, 1, 1, 1)


class AttentionMap(nn.Module):
    """Upsamples a volume and turns its depth average into a bounded channel map."""

    def __init__(self, cin: int, cout: int, k: int, stride: int, pad: int, amplitude: float):
        super().__init__()
        self.body = nn.Sequential(
            nn.ConvTranspose3d(cin, cout, k, stride, pad),
            DepthCollapse(),
            ChannelBias(cout),
            nn.Softmax(dim=1),
            nn.Tanh(),
        )
        self.amplitude = amplitude

    def forward(self, vol):
        return self.amplitude * self.body(vol)


def get_inputs():
    return [torch.randn(2, 4, 5, 8, 8)]


def get_init_inputs():
    return [4, 6, 3, 1, 1, 1.7]
