# near KernelBench level 2 problem 58: the strongest channel instead of the logsumexp, softsign instead of the clamp
import torch
import torch.nn as nn
import torch.nn.functional as F


class StrongestChannel(nn.Module):
    def __init__(self, cin, cout):
        super().__init__()
        self.up = nn.ConvTranspose3d(cin, cout, 3, stride=2, padding=1)
        self.bias = nn.Parameter(torch.randn(1, 1, 1, 1))

    def forward(self, x):
        x = self.up(x).amax(dim=1, keepdim=True)
        x = x * torch.sigmoid(x + 3) / 6
        return F.softsign(x - self.bias)


def get_inputs():
    return [torch.rand(2, 3, 6, 8, 8)]


def get_init_inputs():
    return [3, 8]
