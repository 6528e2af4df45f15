# KernelBench level 3 problem 40, rewritten
import torch
import torch.nn as nn


class GatedCell(nn.Module):
    def __init__(self, n_in, n_hidden):
        super().__init__()
        self.w = nn.Parameter(torch.randn(3 * n_hidden, n_in) / n_in**0.5)
        self.u = nn.Parameter(torch.randn(3 * n_hidden, n_hidden) / n_hidden**0.5)
        self.b = nn.Parameter(torch.zeros(3 * n_hidden))
        self.c = nn.Parameter(torch.zeros(3 * n_hidden))

    def forward(self, x, h):
        xr, xz, xn = (x @ self.w.t() + self.b).chunk(3, dim=-1)
        hr, hz, hn = (h @ self.u.t() + self.c).chunk(3, dim=-1)
        reset = torch.sigmoid(xr + hr)
        keep = torch.sigmoid(xz + hz)
        candidate = torch.tanh(xn + reset * hn)
        return candidate + keep * (h - candidate)


class StackedGates(nn.Module):
    """Last state of each layer of a gated recurrent stack, unrolled in Python (time first)."""

    def __init__(self, n_in, n_hidden, layers):
        super().__init__()
        self.cells = nn.ModuleList([GatedCell(n_in if i == 0 else n_hidden, n_hidden) for i in range(layers)])

    def forward(self, seq, start):
        state = list(start.unbind(0))
        for x in seq.unbind(0):
            for i, cell in enumerate(self.cells):
                state[i] = cell(x, state[i])
                x = state[i]
        return torch.stack(state)


def get_inputs():
    return [torch.randn(5, 3, 8), torch.randn(2, 3, 10)]


def get_init_inputs():
    return [8, 10, 2]
