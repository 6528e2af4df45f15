# near KernelBench level 1 problem 99: a soft margin (softplus) replaces the clamped one
import torch
import torch.nn as nn
import torch.nn.functional as F


class SoftMarginTriplet(nn.Module):
    def forward(self, anchor, same, other):
        near = (anchor - same).norm(dim=1)
        far = (anchor - other).norm(dim=1)
        return F.softplus(near - far).mean()


def get_inputs():
    return [torch.rand(12, 20), torch.rand(12, 20), torch.rand(12, 20)]


def get_init_inputs():
    return []
