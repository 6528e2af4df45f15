# KernelBench level 1 problem 97, rewritten
import math

import torch
from torch import nn


class DotProductAttention(nn.Module):
    """Unmasked softmax attention on already projected heads."""

    def forward(self, query, key, value):
        d = query.shape[-1]
        logits = query @ key.mT / math.sqrt(d)
        logits = logits - logits.amax(dim=-1, keepdim=True)
        weights = logits.exp()
        weights = weights / weights.sum(dim=-1, keepdim=True)
        return weights @ value


def get_inputs():
    shape = (2, 4, 24, 32)
    return [torch.randn(shape), torch.randn(shape), torch.randn(shape)]


def get_init_inputs():
    return []
