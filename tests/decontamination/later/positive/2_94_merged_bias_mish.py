# KernelBench level 2 problem 94, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class MishDense(nn.Module):
    def __init__(self, d_in, d_out, groups):
        super().__init__()
        self.matrix = nn.Parameter(torch.randn(d_out, d_in) / d_in**0.5)
        self.bias_inner = nn.Parameter(torch.zeros(d_out))
        self.bias_outer = nn.Parameter(torch.randn(d_out))
        self.scale = nn.Parameter(torch.ones(d_out))
        self.shift = nn.Parameter(torch.zeros(d_out))
        self.groups = groups

    def forward(self, x):
        z = F.linear(x, self.matrix, self.bias_inner + self.bias_outer)
        z = z.clamp(-1.0, 1.0)
        z = z * torch.tanh(torch.log1p(torch.exp(z)))
        n, d = z.shape
        g = z.view(n, self.groups, d // self.groups)
        var, mean = torch.var_mean(g, -1, correction=0, keepdim=True)
        z = ((g - mean) / torch.sqrt(var + 1e-5)).view(n, d)
        return torch.addcmul(self.shift, z, self.scale)


def get_inputs():
    return [torch.randn(5, 12)]


def get_init_inputs():
    return [12, 16, 4]
