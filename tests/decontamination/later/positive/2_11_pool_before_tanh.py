# KernelBench level 2 problem 11, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


def standardize_groups(t, groups, eps=1e-5):
    b, _c = t.shape[:2]
    g = t.reshape(b, groups, -1)
    g = g - g.mean(-1, keepdim=True)
    g = g / (g.pow(2).mean(-1, keepdim=True) + eps).sqrt()
    return g.reshape(t.shape)


class DecoderBlock(nn.Module):
    def __init__(self, c_in, c_out, k, stride, pad, groups):
        super().__init__()
        self.expand = nn.ConvTranspose2d(c_in, c_out, k, stride, pad)
        self.norm = nn.BatchNorm2d(c_out)
        self.groups = groups
        self.g_scale = nn.Parameter(torch.ones(1, c_out, 1, 1))
        self.g_shift = nn.Parameter(torch.zeros(1, c_out, 1, 1))

    def forward(self, feats):
        feats = self.norm(self.expand(feats))
        # tanh is increasing, so pooling first gives the same and is cheaper
        feats = F.max_pool2d(feats, 2).tanh()
        return self.g_scale * standardize_groups(feats, self.groups) + self.g_shift


def get_inputs():
    return [torch.randn(3, 4, 8, 8)]


def get_init_inputs():
    return [4, 8, 5, 1, 1, 4]
