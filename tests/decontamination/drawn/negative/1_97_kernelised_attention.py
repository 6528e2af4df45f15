# near KernelBench level 1 problem 97: linear attention with an ELU feature map, there is no softmax over scores
import torch
from torch import nn
from torch.nn import functional as F


class LinearAttention(nn.Module):
    def __init__(self, eps=1e-6):
        super().__init__()
        self.eps = eps

    def forward(self, q, k, v):
        q = F.elu(q) + 1.0
        k = F.elu(k) + 1.0
        memory = k.transpose(-2, -1) @ v
        norm = q @ k.sum(dim=-2).unsqueeze(-1)
        return (q @ memory) / (norm + self.eps)


def get_inputs():
    return [torch.randn(2, 3, 20, 16) for _ in range(3)]


def get_init_inputs():
    return []
