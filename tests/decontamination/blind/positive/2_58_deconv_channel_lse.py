# KernelBench level 2 problem 58, rewritten
import torch
import torch.nn as nn


class DeconvChannelLSE(nn.Module):
    def __init__(self, cin, cout, k, stride, pad):
        super().__init__()
        self.deconv = nn.ConvTranspose3d(cin, cout, kernel_size=k, stride=stride, padding=pad)
        self.offset = nn.Parameter(torch.randn(()))

    @staticmethod
    def gate(v):
        return v / (6 * (1 + torch.exp(-(v + 3))))

    def forward(self, vol):
        pooled = self.deconv(vol).logsumexp(1)
        out = self.gate(pooled) - self.offset
        return out.clamp(-1, 1).unsqueeze(1)


def get_inputs():
    return [torch.rand(2, 3, 5, 6, 6)]


def get_init_inputs():
    return [3, 8, 3, 2, 1]
