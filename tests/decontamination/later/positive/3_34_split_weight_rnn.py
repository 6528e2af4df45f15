# KernelBench level 3 problem 34, rewritten
import torch
import torch.nn as nn


class ElmanReader(nn.Module):
    """h_t = tanh(U x_t + V h_{t-1} + b), y_t = W h_t + c, all steps of the sequence."""

    def __init__(self, n_in, n_state, n_out):
        super().__init__()
        self.U = nn.Linear(n_in, n_state)
        self.V = nn.Linear(n_state, n_state, bias=False)
        self.W = nn.Linear(n_state, n_out)

    def forward(self, seq, state):
        drive = self.U(seq)
        trace = []
        for step in drive.unbind(0):
            state = torch.tanh(step + self.V(state))
            trace.append(state)
        return self.W(torch.stack(trace))


def get_inputs():
    return [torch.rand(9, 3, 12), torch.rand(3, 10)]


def get_init_inputs():
    return [12, 10, 6]
