# KernelBench level 3 problem 37, rewritten
import torch
import torch.nn as nn


class LastMemory(nn.Module):
    """Runs a stack of LSTM cells over a sequence and returns the final cell states."""

    def __init__(self, features, units, layers):
        super().__init__()
        self.cells = nn.ModuleList([nn.LSTMCell(features if i == 0 else units, units) for i in range(layers)])

    def forward(self, sequence, h_init, c_init):
        hs, cs = list(h_init), list(c_init)
        for t in range(sequence.size(1)):
            signal = sequence[:, t]
            for i, cell in enumerate(self.cells):
                hs[i], cs[i] = cell(signal, (hs[i], cs[i]))
                signal = hs[i]
        return torch.stack(cs, dim=0)


def get_inputs():
    return [torch.rand(3, 8, 10), torch.rand(6, 3, 12), torch.rand(6, 3, 12)]


def get_init_inputs():
    return [10, 12, 6]
