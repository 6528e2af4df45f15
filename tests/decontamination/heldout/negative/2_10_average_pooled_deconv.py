# near KernelBench level 2 problem 10: average pooling instead of max pooling
import torch
import torch.nn as nn


class AveragePooledDeconv(nn.Module):
    def __init__(self, cin, cout):
        super().__init__()
        self.up = nn.ConvTranspose2d(cin, cout, 3, stride=1, padding=1)
        self.pool = nn.AvgPool2d(2, 2)
        self.clip = nn.Hardtanh(-0.5, 0.5)

    def forward(self, x):
        h = self.clip(self.pool(self.up(x)))
        return torch.tanh(h.mean(dim=(2, 3), keepdim=True))


def get_inputs():
    return [torch.randn(2, 5, 10, 10)]


def get_init_inputs():
    return [5, 7]
