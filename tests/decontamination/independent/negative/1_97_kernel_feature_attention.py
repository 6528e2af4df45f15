# near KernelBench level 1 problem 97: positive feature maps instead of a softmax over scores
import torch
import torch.nn as nn
import torch.nn.functional as F


class KernelAttention(nn.Module):
    def forward(self, q, k, v):
        q, k = F.elu(q) + 1, F.elu(k) + 1
        summary = torch.einsum("bhkd,bhke->bhde", k, v)
        norm = torch.einsum("bhqd,bhd->bhq", q, k.sum(2))
        return torch.einsum("bhqd,bhde->bhqe", q, summary) / norm.unsqueeze(-1)


def get_inputs():
    return [torch.randn(2, 4, 40, 16) for _ in range(3)]


def get_init_inputs():
    return []
