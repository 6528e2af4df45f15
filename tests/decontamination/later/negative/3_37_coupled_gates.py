# near KernelBench level 3 problem 37, another function
import torch
import torch.nn as nn


class CoupledCell(nn.Module):
    """The forget gate is one minus the input gate."""

    def __init__(self, n_in, n):
        super().__init__()
        self.gates = nn.Linear(n_in + n, 3 * n)

    def forward(self, x, h, c):
        i, g, o = self.gates(torch.cat([x, h], -1)).chunk(3, -1)
        c = torch.lerp(c, g.tanh(), i.sigmoid())
        return o.sigmoid() * c.tanh(), c


class CoupledMemory(nn.Module):
    def __init__(self, features, units, layers):
        super().__init__()
        self.cells = nn.ModuleList([CoupledCell(units if i else features, units) for i in range(layers)])

    def forward(self, sequence, h_init, c_init):
        hs, cs = list(h_init), list(c_init)
        for x in sequence.unbind(1):
            for i, cell in enumerate(self.cells):
                hs[i], cs[i] = cell(x, hs[i], cs[i])
                x = hs[i]
        return torch.stack(cs)


def get_inputs():
    return [torch.rand(3, 8, 10), torch.rand(6, 3, 12), torch.rand(6, 3, 12)]


def get_init_inputs():
    return [10, 12, 6]
