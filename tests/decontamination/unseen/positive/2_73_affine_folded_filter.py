# KernelBench level 2 problem 73, rewritten
import math

import torch
import torch.nn.functional as F
from torch import nn


class AffineFoldedFilter(nn.Module):
    def __init__(self, c_in, c_out, k, boost, eps=1e-5):
        super().__init__()
        lim = 1 / math.sqrt(c_in * k * k)
        self.kernel = nn.Parameter(torch.empty(c_out, c_in, k, k).uniform_(-lim, lim))
        self.kernel_bias = nn.Parameter(torch.empty(c_out).uniform_(-lim, lim))
        self.gamma = nn.Parameter(torch.ones(c_out))
        self.beta = nn.Parameter(torch.zeros(c_out))
        self.register_buffer("avg", torch.zeros(c_out))
        self.register_buffer("var", torch.ones(c_out))
        self.boost = boost
        self.eps = eps

    def forward(self, image):
        if self.training:
            raw = F.conv2d(image, self.kernel, self.kernel_bias)
            return self.boost * F.batch_norm(raw, self.avg, self.var, self.gamma, self.beta, True, 0.1, self.eps)
        k = self.boost * self.gamma / torch.sqrt(self.var + self.eps)
        bias = (self.kernel_bias - self.avg) * k + self.boost * self.beta
        return F.conv2d(image, self.kernel * k.view(-1, 1, 1, 1), bias)


def get_inputs():
    return [torch.randn(2, 4, 12, 12)]


def get_init_inputs():
    return [4, 8, 3, 2.0]
