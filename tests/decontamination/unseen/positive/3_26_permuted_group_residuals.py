# KernelBench level 3 problem 26, rewritten
import math

import torch
import torch.nn.functional as F
from torch import nn


class ChannelStandard(nn.Module):
    def __init__(self, c, eps=1e-5):
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(c))
        self.beta = nn.Parameter(torch.zeros(c))
        self.register_buffer("avg", torch.zeros(c))
        self.register_buffer("var", torch.ones(c))
        self.eps = eps

    def forward(self, t):
        avg, var = self.avg, self.var
        if self.training:
            var, avg = torch.var_mean(t, dim=(0, 2, 3), unbiased=False)
        k = self.gamma / torch.sqrt(var + self.eps)
        return torch.addcmul((self.beta - avg * k).view(1, -1, 1, 1), t, k.view(1, -1, 1, 1))


class GroupPointwise(nn.Module):
    def __init__(self, c_in, c_out, groups):
        super().__init__()
        fan = c_in // groups
        self.w = nn.Parameter(torch.randn(groups, c_out // groups, fan) * math.sqrt(2 / fan))

    def forward(self, t):
        g = t.unflatten(1, (self.w.shape[0], -1))
        return torch.einsum("goi,bgihw->bgohw", self.w, g).flatten(1, 2)


class Depthwise(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.w = nn.Parameter(torch.randn(c, 1, 3, 3) * math.sqrt(2 / 9))

    def forward(self, t):
        return F.conv2d(t, self.w, padding=1, groups=t.shape[1])


class PermutedUnit(nn.Module):
    def __init__(self, c_in, c_out, groups):
        super().__init__()
        mid = c_out // 4
        self.reduce, self.n1 = GroupPointwise(c_in, mid, groups), ChannelStandard(mid)
        self.spatial, self.n2 = Depthwise(mid), ChannelStandard(mid)
        self.expand, self.n3 = GroupPointwise(mid, c_out, groups), ChannelStandard(c_out)
        self.skip = None
        if c_in != c_out:
            self.skip = nn.Sequential(GroupPointwise(c_in, c_out, 1), ChannelStandard(c_out))
        self.order = [g * (mid // groups) + j for j in range(mid // groups) for g in range(groups)]

    def forward(self, t):
        h = torch.relu(self.n1(self.reduce(t)))
        h = self.n2(self.spatial(h))[:, self.order]
        h = torch.relu(self.n3(self.expand(h)))
        return h + (t if self.skip is None else self.skip(t))


class PermutedGroupNet(nn.Module):
    def __init__(self, classes, groups=3, repeats=(3, 7, 3), widths=(12, 24, 48, 96), final=48):
        super().__init__()
        self.entry = nn.Conv2d(3, widths[0], 3, stride=2, padding=1, bias=False)
        self.entry_norm = ChannelStandard(widths[0])
        units = []
        c = widths[0]
        for count, width in zip(repeats, widths[1:], strict=False):
            for _ in range(count):
                units.append(PermutedUnit(c, width, groups))
                c = width
        self.units = nn.Sequential(*units)
        self.final = GroupPointwise(c, final, 1)
        self.final_norm = ChannelStandard(final)
        self.verdict = nn.Linear(final, classes)

    def forward(self, image):
        h = torch.relu(self.entry_norm(self.entry(image)))
        h = F.max_pool2d(h, 3, 2, 1)
        h = self.units(h)
        h = torch.relu(self.final_norm(self.final(h)))
        return self.verdict(h.mean(dim=(2, 3)))


def get_inputs():
    return [torch.randn(2, 3, 32, 32)]


def get_init_inputs():
    return [10]
