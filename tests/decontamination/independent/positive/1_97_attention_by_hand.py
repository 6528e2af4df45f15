# KernelBench level 1 problem 97, rewritten
import torch
import torch.nn as nn


def normalise_rows(s):
    s = s - s.max(dim=-1, keepdim=True).values
    e = torch.exp(s)
    return e / e.sum(dim=-1, keepdim=True)


class Lookup(nn.Module):
    def forward(self, query, key, value):
        scale = query.size(-1) ** -0.5
        logits = torch.einsum("bhqd,bhkd->bhqk", query * scale, key)
        return torch.einsum("bhqk,bhkd->bhqd", normalise_rows(logits), value)


def get_inputs():
    return [torch.randn(2, 4, 48, 32) for _ in range(3)]


def get_init_inputs():
    return []
