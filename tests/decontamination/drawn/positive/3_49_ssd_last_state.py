# KernelBench level 3 problem 49, rewritten
import torch
from torch import nn


class ChunkedStateSummary(nn.Module):
    """Last state of a Mamba-2 style (SSD) layer, computed chunk by chunk.

    The state obeys  S_t = exp(a_t) S_{t-1} + x_t b_t^T  per head. In a chunk every token is decayed to the end of the
    chunk and summed; the chunks are then chained with the total decay of each.
    """

    def __init__(self, batch, length, heads, head_dim, state_dim, chunk=16):
        super().__init__()
        if length % chunk:
            raise ValueError("length has to be a multiple of chunk")
        self.chunk = chunk
        self.n_chunks = length // chunk
        self.head_dim = head_dim
        self.log_decay = nn.Parameter(torch.randn(batch, length, heads))
        self.in_proj = nn.Parameter(torch.randn(batch, length, heads, state_dim))

    def _chunks(self, t):
        return t.unflatten(1, (self.n_chunks, self.chunk))

    def forward(self, x, state=None):
        x, a, b = self._chunks(x), self._chunks(self.log_decay), self._chunks(self.in_proj)
        cum = a.cumsum(dim=2)
        total = cum[:, :, -1]
        to_end = (total.unsqueeze(2) - cum).exp()
        local = torch.einsum("bclhp,bclhn->bchpn", x * to_end.unsqueeze(-1), b)
        if state is None:
            state = torch.zeros_like(local[:, 0])
        for c in range(self.n_chunks):
            state = state * total[:, c].exp()[..., None, None] + local[:, c]
        return state


def get_inputs():
    return [torch.rand(3, 32, 2, 8)]


def get_init_inputs():
    return [3, 32, 2, 8, 4, 8]
