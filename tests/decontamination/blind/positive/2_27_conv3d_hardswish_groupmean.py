# KernelBench level 2 problem 27, rewritten
import torch
import torch.nn as nn


class VolumeDescriptor(nn.Module):
    """conv3d -> hard swish -> group normalisation -> average over the volume."""

    def __init__(self, cin, cout, k, groups=4, eps=1e-5):
        super().__init__()
        self.filt = nn.Conv3d(cin, cout, k)
        self.groups = groups
        self.eps = eps
        self.gain = nn.Parameter(torch.ones(cout))
        self.shift = nn.Parameter(torch.zeros(cout))

    def forward(self, vol):
        a = self.filt(vol)
        a = a * (a + 3).clamp(0, 6) / 6
        n, c = a.shape[:2]
        g = a.reshape(n, self.groups, c // self.groups, -1)
        var, mu = torch.var_mean(g, dim=(2, 3), unbiased=False, keepdim=True)
        # the affine part is linear, so it commutes with the spatial average
        per_channel = ((g.mean(-1, keepdim=True) - mu) * (var + self.eps).rsqrt()).reshape(n, c)
        return per_channel * self.gain + self.shift


def get_inputs():
    return [3 * torch.randn(3, 3, 7, 9, 8)]


def get_init_inputs():
    return [3, 16, 4]
