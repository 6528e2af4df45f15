# KernelBench level 1 problem 33, rewritten
import torch
import torch.nn as nn


class PerChannelStandardizer(nn.Module):
    def __init__(self, channels, eps=1e-5, momentum=0.1):
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(channels))
        self.beta = nn.Parameter(torch.zeros(channels))
        self.register_buffer("avg", torch.zeros(channels))
        self.register_buffer("spread", torch.ones(channels))
        self.eps = eps
        self.momentum = momentum

    def forward(self, maps):
        if self.training:
            mu = maps.mean(dim=(0, 2, 3))
            var = maps.var(dim=(0, 2, 3), unbiased=False)
            count = maps.numel() // maps.size(1)
            with torch.no_grad():
                self.avg.lerp_(mu.detach(), self.momentum)
                self.spread.lerp_(var.detach() * count / (count - 1), self.momentum)
        else:
            mu, var = self.avg, self.spread
        scale = self.gamma / torch.sqrt(var + self.eps)
        shift = self.beta - mu * scale
        return maps * scale[:, None, None] + shift[:, None, None]


def get_inputs():
    return [torch.randn(4, 6, 9, 9)]


def get_init_inputs():
    return [6]
