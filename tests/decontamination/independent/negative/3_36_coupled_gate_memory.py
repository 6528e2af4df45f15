# near KernelBench level 3 problem 36: one gate both forgets and writes, no output gate, a skip over time
import torch
import torch.nn as nn


class CoupledMemory(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.x_proj = nn.Linear(input_size, 2 * hidden_size)
        self.h_proj = nn.Linear(hidden_size, 2 * hidden_size, bias=False)
        self.peephole = nn.Parameter(torch.randn(hidden_size))

    def forward(self, x, h, c):
        for t in range(x.size(1)):
            gate, content = (self.x_proj(x[:, t]) + self.h_proj(h)).chunk(2, dim=1)
            f = torch.sigmoid(gate + self.peephole * c)
            c = f * c + (1 - f) * torch.sin(content)
            h = 0.5 * (h + torch.tanh(c))
        return h


def get_inputs():
    return [torch.rand(3, 12, 10), torch.rand(3, 16), torch.rand(3, 16)]


def get_init_inputs():
    return [10, 16]
