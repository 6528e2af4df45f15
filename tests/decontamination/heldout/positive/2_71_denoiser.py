# KernelBench level 2 problem 71, inside a larger model
import torch
import torch.nn as nn
import torch.nn.functional as F


class DampedConv(nn.Module):
    def __init__(self, c_in, c_out, damping):
        super().__init__()
        self.conv = nn.Conv2d(c_in, c_out, 3, padding=1)
        self.damping = damping

    def forward(self, x):
        return F.leaky_relu(self.conv(x) / self.damping, 0.01)


class Denoiser(nn.Module):
    """Predicts the noise of an image and takes it away."""

    def __init__(self, colours=3, width=8):
        super().__init__()
        self.entry = nn.Conv2d(colours, width, 5, padding=2)
        self.inner = DampedConv(width, width, 2.0)
        self.exit = nn.Conv2d(width, colours, 3, padding=1)

    def forward(self, noisy):
        h = self.inner(torch.sigmoid(self.entry(noisy)))
        return noisy - self.exit(h)


def get_inputs():
    return [torch.rand(2, 3, 18, 18)]


def get_init_inputs():
    return []
