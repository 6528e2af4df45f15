# KernelBench level 2 problem 92, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class SkipAroundNorm(nn.Module):
    def __init__(self, cin, cout, groups):
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, 3)
        self.groups = groups
        self.affine = nn.Parameter(torch.stack([torch.ones(cout), torch.zeros(cout)]))

    def branch(self, t):
        n, c, h, w = t.shape
        # one group = one row of a layer norm
        rows = F.layer_norm(t.reshape(n * self.groups, -1), (c // self.groups * h * w,)).reshape(n, c, h, w)
        a, b = self.affine[:, :, None, None]
        s = torch.tanh(rows * a + b)
        return s * torch.clamp(s + 3, 0, 6) / 6

    def forward(self, x):
        base = self.conv(x)
        total = base + self.branch(base)
        big = total.amax(1, keepdim=True)
        return big + (total - big).exp().sum(1, keepdim=True).log()


def get_inputs():
    return [torch.randn(3, 4, 16, 16)]


def get_init_inputs():
    return [4, 12, 3]
