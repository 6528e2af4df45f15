# near KernelBench level 3 problem 41: Elman cells instead of GRU cells
import torch
import torch.nn as nn


class BidirectionalElman(nn.Module):
    def __init__(self, n_in, n_hidden, layers):
        super().__init__()
        self.rnn = nn.RNN(n_in, n_hidden, layers, bidirectional=True)

    def forward(self, seq, start):
        both, _ = self.rnn(seq, start)
        return both


def get_inputs():
    return [torch.randn(6, 2, 8), torch.randn(4, 2, 10)]


def get_init_inputs():
    return [8, 10, 2]
