# KernelBench level 2 problem 25, rewritten
import torch
import torch.nn as nn


class DarkestChannel(nn.Module):
    def __init__(self, c_in: int, c_mid: int, k: int, squashes: int = 2):
        super().__init__()
        self.conv = nn.Conv2d(c_in, c_mid, k)
        self.squash = nn.ModuleList([nn.Tanh() for _ in range(squashes)])

    def forward(self, img: torch.Tensor) -> torch.Tensor:
        h = self.conv(img).amin(dim=1, keepdim=True)
        for s in self.squash:
            h = s(h)
        return h


def get_inputs():
    return [torch.randn(3, 4, 16, 16)]


def get_init_inputs():
    return [4, 10, 3]
