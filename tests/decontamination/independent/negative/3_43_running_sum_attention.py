# near KernelBench level 3 problem 43: causal by running sums of positive key features, no score matrix, no softmax
import torch
import torch.nn as nn
import torch.nn.functional as F


class RunningSumAttention(nn.Module):
    def __init__(self, n_embd, n_head):
        super().__init__()
        self.c_attn = nn.Linear(n_embd, 3 * n_embd)
        self.c_proj = nn.Linear(n_embd, n_embd)
        self.n_head = n_head

    def forward(self, x):
        b, t, c = x.shape
        q, k, v = (z.view(b, t, self.n_head, -1) for z in self.c_attn(x).chunk(3, dim=2))
        q, k = F.elu(q) + 1, F.elu(k) + 1
        state = torch.cumsum(torch.einsum("bthd,bthe->bthde", k, v), dim=1)
        norm = (q * torch.cumsum(k, dim=1)).sum(-1, keepdim=True)
        y = torch.einsum("bthd,bthde->bthe", q, state) / norm
        return self.c_proj(y.reshape(b, t, c))


def get_inputs():
    return [torch.randn(2, 20, 32)]


def get_init_inputs():
    return [32, 4]
