# KernelBench level 3 problem 38, rewritten
import torch
import torch.nn as nn


class SequenceRegressor(nn.Module):
    def __init__(self, n_feat, n_hidden, depth, n_out, p=0.0):
        super().__init__()
        self.encoder = nn.LSTM(
            input_size=n_feat,
            hidden_size=n_hidden,
            num_layers=depth,
            dropout=p,
            bidirectional=True,
        )
        self.decoder = nn.Linear(2 * n_hidden, n_out)

    def forward(self, batch, hidden, cell):
        time_major = batch.transpose(0, 1)
        states, _ = self.encoder(time_major, (hidden, cell))
        return self.decoder(states[-1])


def get_inputs():
    return [torch.rand(3, 7, 10), torch.rand(12, 3, 8), torch.rand(12, 3, 8)]


def get_init_inputs():
    return [10, 8, 6, 5]
