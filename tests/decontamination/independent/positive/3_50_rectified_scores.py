# KernelBench level 3 problem 50, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class RectifiedScores(nn.Module):
    """Attention whose weights are rectified scores rather than a distribution."""

    def __init__(self, d, heads):
        super().__init__()
        self.heads = heads
        self.q = nn.Linear(d, d)
        self.kv = nn.Linear(d, 2 * d)

    def forward(self, x):
        b, t, d = x.shape
        per = d // self.heads
        q = self.q(x).reshape(b, t, self.heads, per)
        k, v = self.kv(x).reshape(b, t, 2, self.heads, per).unbind(2)
        score = torch.einsum("bihc,bjhc->bhij", q, k).mul(per**-0.5)
        # a rectified score of minus infinity is zero, so the past is kept by multiplication
        score = F.relu(score) * torch.ones(t, t).tril()
        return torch.einsum("bhij,bjhc->bihc", score, v).reshape(b, t, d)


def get_inputs():
    return [torch.randn(3, 28, 32)]


def get_init_inputs():
    return [32, 4]
