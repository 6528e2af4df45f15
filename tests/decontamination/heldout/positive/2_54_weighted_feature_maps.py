# KernelBench level 2 problem 54, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class WeightedFeatureMaps(nn.Module):
    """Convolution, a learnt weight for each map, a leaky and then a smooth rectifier."""

    def __init__(self, c_in, maps, k):
        super().__init__()
        self.map_weight = nn.Parameter(torch.randn(1, maps, 1, 1))
        self.conv = nn.Conv2d(c_in, maps, k)

    def forward(self, image):
        weighted = torch.mul(self.map_weight, self.conv(image))
        return F.gelu(F.leaky_relu(weighted))


def get_inputs():
    return [torch.randn(2, 5, 13, 13)]


def get_init_inputs():
    return [5, 7, 3]
