# KernelBench level 3 problem 35, rewritten
import torch
import torch.nn as nn
import torch.nn.functional as F


class LSTMLayer(nn.Module):
    """One recurrent layer over a (batch, time, feature) sequence, written out step by step."""

    def __init__(self, n_in, n_hid):
        super().__init__()
        r = n_hid**-0.5
        self.w_x = nn.Parameter(torch.empty(4 * n_hid, n_in).uniform_(-r, r))
        self.w_h = nn.Parameter(torch.empty(4 * n_hid, n_hid).uniform_(-r, r))
        self.b_x = nn.Parameter(torch.empty(4 * n_hid).uniform_(-r, r))
        self.b_h = nn.Parameter(torch.empty(4 * n_hid).uniform_(-r, r))

    def forward(self, seq, h, c):
        from_input = F.linear(seq, self.w_x, self.b_x + self.b_h)
        outputs = []
        for pre in from_input.unbind(1):
            i, f, g, o = (pre + h @ self.w_h.t()).chunk(4, dim=-1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(c)
            outputs.append(h)
        return torch.stack(outputs, dim=1)


class StackedReadout(nn.Module):
    def __init__(self, n_in, n_hid, depth, n_out):
        super().__init__()
        self.n_hid, self.depth = n_hid, depth
        self.layers = nn.ModuleList(LSTMLayer(n_in if d == 0 else n_hid, n_hid) for d in range(depth))
        self.readout = nn.Linear(n_hid, n_out)

    def forward(self, seq, hidden=None, cell=None):
        shape = (self.depth, seq.shape[0], self.n_hid)
        if hidden is None:
            hidden = torch.randn(shape, device=seq.device)
        if cell is None:
            cell = torch.randn(shape, device=seq.device)
        for layer, h, c in zip(self.layers, hidden, cell, strict=False):
            seq = layer(seq, h, c)
        return self.readout(seq[:, -1])


def get_inputs():
    return [torch.rand(4, 12, 10)]


def get_init_inputs():
    return [10, 16, 6, 5]
