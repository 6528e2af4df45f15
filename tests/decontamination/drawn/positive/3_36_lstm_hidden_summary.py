# KernelBench level 3 problem 36, rewritten
import torch
from torch import nn


class SequenceSummary(nn.Module):
    """Encodes a batch of sequences and hands the hidden state of every layer to a decoder."""

    def __init__(self, n_features, n_hidden, n_layers):
        super().__init__()
        self.encoder = nn.LSTM(n_features, n_hidden, n_layers, batch_first=True)

    def forward(self, seq, hidden, cell):
        _, (hidden, _cell) = self.encoder(seq, (hidden, cell))
        return hidden


def get_inputs():
    n, layers, width = 5, 3, 20
    return [torch.randn(n, 16, 8), torch.zeros(layers, n, width), torch.zeros(layers, n, width)]


def get_init_inputs():
    return [8, 20, 3]
