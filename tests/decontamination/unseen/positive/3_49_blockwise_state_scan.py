# KernelBench level 3 problem 49, rewritten
import torch
from torch import nn


class BlockwiseStateScan(nn.Module):
    def __init__(self, batch, length, heads, d, n_state, block):
        super().__init__()
        if length % block:
            raise ValueError("length must be a multiple of block")
        self.block = block
        self.log_decay = nn.Parameter(torch.randn(batch, length, heads))
        self.write = nn.Parameter(torch.randn(batch, length, heads, n_state))
        self.read = nn.Parameter(torch.randn(batch, length, heads, n_state))

    def scan_block(self, x, log_a, b, c):
        local = torch.zeros_like(x[:, 0].unsqueeze(-1) * b[:, 0].unsqueeze(-2))
        shown = []
        for t in range(x.shape[1]):
            local = log_a[:, t, :, None, None].exp() * local
            local = local + x[:, t].unsqueeze(-1) * b[:, t].unsqueeze(-2)
            shown.append((local * c[:, t].unsqueeze(-2)).sum(-1))
        return torch.stack(shown, dim=1), local

    def forward(self, seq, carry=None):
        if carry is not None:
            carry = carry[:, 0]
        pieces = zip(*(t.split(self.block, dim=1) for t in (seq, self.log_decay, self.write, self.read)), strict=False)
        for x, log_a, b, c in pieces:
            _inside, local = self.scan_block(x, log_a, b, c)
            if carry is None:
                carry = local
            else:
                carry = carry * log_a.sum(dim=1)[..., None, None].exp() + local
        return carry


def get_inputs():
    return [torch.randn(2, 16, 3, 6)]


def get_init_inputs():
    return [2, 16, 3, 6, 4, 4]
