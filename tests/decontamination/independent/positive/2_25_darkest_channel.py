# KernelBench level 2 problem 25, rewritten
import torch
import torch.nn as nn


class DarkestChannel(nn.Module):
    def __init__(self, cin=3, cout=16):
        super().__init__()
        self.features = nn.Conv2d(cin, cout, 3)

    def forward(self, picture):
        f = self.features(picture)
        darkest = -((-f).amax(dim=1, keepdim=True))
        for _ in range(2):
            darkest = darkest.tanh()
        return darkest


def get_inputs():
    return [torch.rand(4, 3, 32, 32)]


def get_init_inputs():
    return [3, 16]
