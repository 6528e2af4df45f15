# KernelBench level 2 problem 97, inside a larger model
import torch
import torch.nn as nn
import torch.nn.functional as F


class Tower(nn.Module):
    def __init__(self, n_in, n_out, divide):
        super().__init__()
        self.project = nn.Linear(n_in, n_out)
        self.standardise = nn.BatchNorm1d(n_out)
        self.lift = nn.Parameter(torch.randn(1))
        self.divide = divide

    def forward(self, x):
        x = self.standardise(self.project(x))
        return F.silu((x + self.lift) / self.divide)


class Ranker(nn.Module):
    def __init__(self, n_user, n_item, dim):
        super().__init__()
        self.user = Tower(n_user, dim, 1.5)
        self.item = Tower(n_item, dim, 1.5)

    def forward(self, user, item):
        u, i = self.user(user), self.item(item)
        return torch.einsum("bd,bd->b", u, i) / u.shape[1] ** 0.5


def get_inputs():
    return [torch.randn(16, 20), torch.randn(16, 30)]


def get_init_inputs():
    return [20, 30, 32]
