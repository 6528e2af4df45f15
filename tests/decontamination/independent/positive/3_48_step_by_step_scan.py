# KernelBench level 3 problem 48, rewritten
import torch
import torch.nn as nn


class StateScan(nn.Module):
    """A linear recurrence over time with one decay per head, run step by step."""

    def __init__(self, batch, steps, heads, d_state):
        super().__init__()
        self.log_decay = nn.Parameter(-torch.rand(batch, steps, heads))
        self.write = nn.Parameter(torch.randn(batch, steps, heads, d_state))
        self.read = nn.Parameter(torch.randn(batch, steps, heads, d_state))

    def forward(self, u):
        b, t, h, p = u.shape
        state = u.new_zeros(b, h, p, self.write.shape[-1])
        out = []
        for i in range(t):
            keep = self.log_decay[:, i].exp()[..., None, None]
            state = keep * state + u[:, i].unsqueeze(-1) * self.write[:, i].unsqueeze(-2)
            out.append((state * self.read[:, i].unsqueeze(-2)).sum(-1))
        return torch.stack(out, dim=1)


def get_inputs():
    return [torch.rand(2, 32, 4, 8)]


def get_init_inputs():
    return [2, 32, 4, 6]
