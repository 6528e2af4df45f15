# near KernelBench level 3 problem 50: sigmoid of scores less their distance, both directions, output projected
import torch
import torch.nn as nn


class DistanceAttention(nn.Module):
    def __init__(self, n_embd, n_head):
        super().__init__()
        self.n_head = n_head
        self.c_attn = nn.Linear(n_embd, 3 * n_embd)
        self.c_proj = nn.Linear(n_embd, n_embd)
        self.slope = nn.Parameter(torch.rand(n_head, 1, 1))

    def forward(self, x):
        b, t, c = x.shape
        q, k, v = self.c_attn(x).view(b, t, 3, self.n_head, -1).permute(2, 0, 3, 1, 4)
        pos = torch.arange(t)
        far = (pos[:, None] - pos[None, :]).abs()
        weight = torch.sigmoid(q @ k.mT - self.slope * far)
        return self.c_proj((weight @ v).transpose(1, 2).reshape(b, t, c))


def get_inputs():
    return [torch.randn(2, 20, 32)]


def get_init_inputs():
    return [32, 4]
