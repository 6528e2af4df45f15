# KernelBench level 1 problem 34, rewritten
import torch
import torch.nn as nn


class PlaneNormalizer(nn.Module):
    """Each (sample, channel) plane gets zero mean and unit variance."""

    def __init__(self, channels, eps=1e-5):
        super().__init__()
        self.channels = channels
        self.eps = eps

    def forward(self, img):
        planes = img.flatten(start_dim=2)
        variance, mean = torch.var_mean(planes, dim=-1, correction=0, keepdim=True)
        planes = (planes - mean) * torch.rsqrt(variance + self.eps)
        return planes.view_as(img)


def get_inputs():
    return [torch.rand(2, 5, 12, 10)]


def get_init_inputs():
    return [5]
