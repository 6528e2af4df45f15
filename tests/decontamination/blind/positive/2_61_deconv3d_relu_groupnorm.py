# KernelBench level 2 problem 61, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class GroupStandardize(nn.Module):
    def __init__(self, groups, channels, eps=1e-5):
        super().__init__()
        self.groups, self.eps = groups, eps
        self.scale = nn.Parameter(torch.ones(channels))
        self.shift = nn.Parameter(torch.zeros(channels))

    def forward(self, t):
        g = t.reshape(t.shape[0], self.groups, -1)
        mu = g.mean(-1, keepdim=True)
        sd = torch.sqrt(g.var(-1, unbiased=False, keepdim=True) + self.eps)
        normed = ((g - mu) / sd).reshape(t.shape)
        view = (1, -1) + (1,) * (t.dim() - 2)
        return normed * self.scale.view(view) + self.shift.view(view)


class DeconvReluGN(nn.Module):
    def __init__(self, cin, cout, k, groups):
        super().__init__()
        self.kernel = nn.Parameter(torch.randn(cin, cout, k, k, k) * 0.1)
        self.gn = GroupStandardize(groups, cout)

    def forward(self, vol):
        return self.gn(F.relu(F.conv_transpose3d(vol, self.kernel)))


def get_inputs():
    return [torch.rand(2, 4, 5, 5, 5)]


def get_init_inputs():
    return [4, 8, 3, 2]
