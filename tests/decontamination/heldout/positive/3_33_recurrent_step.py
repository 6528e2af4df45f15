# KernelBench level 3 problem 33, rewritten
import torch
import torch.nn as nn


class RecurrentStep(nn.Module):
    """One Elman step with a separate weight for the input and for the state, and a read-out."""

    def __init__(self, n_in, n_state, n_out):
        super().__init__()
        self.from_input = nn.Linear(n_in, n_state)
        self.from_state = nn.Linear(n_state, n_state, bias=False)
        self.read = nn.Linear(n_state, n_out)

    def forward(self, x, state):
        state = torch.tanh(self.from_input(x) + self.from_state(state))
        return self.read(state)


def get_inputs():
    return [torch.randn(6, 14), torch.randn(6, 20)]


def get_init_inputs():
    return [14, 20, 9]
