# near KernelBench level 1 problem 34: the removed statistics are replaced by those of a second image (AdaIN)
import torch
from torch import nn


def spatial_stats(t, eps):
    mean = t.mean(dim=(2, 3), keepdim=True)
    std = (t.var(dim=(2, 3), keepdim=True) + eps).sqrt()
    return mean, std


class StyleTransferNorm(nn.Module):
    def __init__(self, strength=1.0, eps=1e-5):
        super().__init__()
        self.strength = strength
        self.eps = eps

    def forward(self, content, style):
        c_mean, c_std = spatial_stats(content, self.eps)
        s_mean, s_std = spatial_stats(style, self.eps)
        restyled = (content - c_mean) / c_std * s_std + s_mean
        return torch.lerp(content, restyled, self.strength)


def get_inputs():
    return [torch.rand(2, 5, 16, 16), torch.rand(2, 5, 12, 12)]


def get_init_inputs():
    return [0.7]
